/** A large lab is planned and written as a script without running out of anything. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { encodeScript } from "../../../src/plan/script.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";

const LAB = "apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: many }\nspec:\n";
const manifest = (kind: string, group: string, name: string, spec: string): string =>
  `---\napiVersion: ${group}v1\nkind: ${kind}\nmetadata: { name: ${name}, labels: { a: ${name} } }\nspec: ${spec}\n`;

test.each(["iptables", "nftables"])(
  "1,000 policies for 240 pods are planned, %s",
  (backend) => {
    const cluster = `  cluster: { nodes: [node1], networkPolicy: { backend: ${backend} } }\n`;
    const peer = (i: number): string =>
      `{ podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { a: b${i} } } }] }] }`;
    const policies = Array.from({ length: 1000 }, (_, i) =>
      manifest("NetworkPolicy", "networking.k8s.io/", `p${i}`, peer(i)),
    );
    const pods = Array.from({ length: 240 }, (_, i) => manifest("Pod", "", `b${i}`, "{ containers: [{ name: c }] }"));
    const { lab } = loadLabText([LAB, cluster, ...policies, ...pods].join(""), "lab.yaml");
    const plan = planOperations(lab.name, planResources(lab));
    expect(plan.operations.length).toBeGreaterThan(1000);
    expect(encodeScript(plan).length).toBeGreaterThan(1_000_000);
  },
  120_000,
);
