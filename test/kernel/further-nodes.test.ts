/** Service checks whose endpoint is another node's node port, and state checks that name a pod's port. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runChecks } from "../../src/checks/run-checks.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { down, up } from "./agent-lab.ts";

const pod = (name: string, node: string): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec: { nodeName: ${node}, containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
`;

const text = (name: string, proxy: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster: { nodes: [node1, node2], kubeProxy: ${proxy} }
  checks:
    - { name: nat, from: pod/p1, nat: "svc/via2:80", expect: { source: masqueraded, endpoints: [pod/web] } }
    - { name: balanced, from: pod/p1, balanced: "svc/via2:80" }
    - { name: the port of p1, from: node1, state: { link: pod/p1 master cni0 hairpin on } }
    - { name: no such pod, from: node1, state: { link: pod/nobody master cni0 }, expect: absent, within: 1s }
${pod("p1", "node1")}${pod("web", "node2")}---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: via2 }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: via2-1, labels: { kubernetes.io/service-name: via2 } }
addressType: IPv4
endpoints: [{ addresses: [192.168.50.12] }]
ports: [{ port: 30080, protocol: TCP }]
`;

test.each(["iptables", "nftables"])("a connection that two nodes translate, mode %s", async (proxy) => {
  const name = `further-${proxy}-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), "further-"));
  writeFileSync(join(folder, "lab.yaml"), text(name, proxy));
  const { lab } = await loadLab("lab.yaml", { cwd: folder });
  rmSync(folder, { recursive: true });
  const client = await up(getDriver("netns"), name, planResources(lab));
  try {
    const results = await runChecks(lab, client, () => undefined);
    const said = Object.fromEntries(results.map((one) => [one.name, `${one.status}: ${one.got}`]));
    expect(said["nat"]).toMatch(
      /^passed: Kubernetes: 10\.244\.1\.2:80, masqueraded; \w+ rules of node1 and node2: 10\.244\.1\.2:80, masqueraded; packets: 10\.244\.1\.2:80, masqueraded/,
    );
    expect(said["balanced"]).toMatch(/^passed: 10\.244\.1\.2:80 \d+ of \d+: there is one endpoint/);
    expect(said["the port of p1"]).toMatch(/^passed: veth\w+ .*master cni0/);
    expect(said["no such pod"]).toMatch(/^failed: there is no pod default\/nobody/);
  } finally {
    await down(client);
  }
});
