/** Where the DNS pods are: what the lab's own pods do does not move them. */
import { expect, it } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";

function pods(replicas: number, dns = "{ replicas: 3 }", more = "") {
  const text = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1, node2], dns: ${dns}${more} } } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: ${replicas}, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] } } } }
`;
  const all = loadLabText(text, "a.yaml").lab.clusters[0]?.pods ?? [];
  const show = (system: boolean): string[] =>
    all
      .filter(({ namespace }) => (namespace === "kube-system") === system)
      .map(({ node, address }) => [node, ...Object.values(address)].join(" "));
  return { web: show(false), dns: show(true) };
}

it("from the end of the nodes' ranges, on the nodes in turn", () => {
  const dns = ["node1 10.244.0.254", "node2 10.244.1.254", "node1 10.244.0.253"];
  for (const replicas of [0, 1, 5]) expect(pods(replicas).dns).toEqual(dns);
  expect(pods(3).web).toEqual(pods(3, "false").web);
  expect(pods(0, "{ replicas: 1 }", ", podCIDR: [10.1.0.0/27, fd00:1::/56]").dns).toEqual([
    "node1 10.1.0.14 fd00:1::254",
  ]);
});
