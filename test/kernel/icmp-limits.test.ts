/** Many refusals at once from one pod: the kernel's rate limits of ICMP errors (icmp(7)) fail none of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runChecks } from "../../src/checks/run-checks.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { down, up } from "./agent-lab.ts";

const MANY = Array.from({ length: 16 }, (_, i) => i + 1);
const name = `icmp-${process.pid}`;
const pod = (it: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${it} }
spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
`;
const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster:
    nodes: [node1]
    nodeCIDR: [192.168.50.0/24, "fd00:50::/64"]
    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]
    serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"]
  checks:
${MANY.map((i) => `    - { name: rejected ${i}, from: pod/a, rejected: "svc/none:${8000 + i}", family: both }`).join("\n")}
${MANY.map((i) => `    - { name: refused ${i}, from: pod/a, udp: "pod/b:${7000 + i}", expect: refused, family: both }`).join("\n")}
${pod("a")}${pod("b")}---
apiVersion: v1
kind: Service
metadata: { name: none }
spec:
  ipFamilyPolicy: PreferDualStack
  selector: { app: none }
  ports: [${MANY.map((i) => `{ name: p${i}, port: ${8000 + i} }`).join(", ")}]
`;

test("16 rejected Service ports and 16 refused UDP ports, in both families", async () => {
  const folder = mkdtempSync(join(tmpdir(), "icmp-"));
  writeFileSync(join(folder, "lab.yaml"), text);
  const { lab } = await loadLab("lab.yaml", { cwd: folder });
  rmSync(folder, { recursive: true });
  const client = await up(getDriver("netns"), name, planResources(lab));
  try {
    const results = await runChecks(lab, client, () => undefined);
    expect(results.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(results).toHaveLength(32);
  } finally {
    await down(client);
  }
});
