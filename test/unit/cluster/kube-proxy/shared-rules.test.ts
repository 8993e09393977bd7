/** What the kube-proxies of several nodes write alike is kept once. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { partsOf } from "../../../../src/resources/iptables/rule-set.ts";

test.each(["iptables", "nftables"])("%s: chains that do not depend on the node are the same objects", (mode) => {
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: shared }
spec: { cluster: { nodes: [n1, n2], kubeProxy: ${mode}, dns: false } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 4, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c, image: x }] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: near }, spec: { internalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 80 }] } }
`;
  const table = mode === "iptables" ? "nat" : "kube-proxy";
  const sets = planResources(loadLabText(text, "shared.yaml").lab).flatMap((one) =>
    (one.kind === "iptables" || one.kind === "nft") && one.table === table ? [one] : [],
  );
  const [first, second] = ["n1", "n2"].map(
    (node) =>
      new Map(sets.filter((one) => one.node === node).flatMap((one) => partsOf(one).map((part) => [part.name, part]))),
  );
  const own = [...(first ?? [])].filter(([name, part]) => second?.get(name) !== part).map(([name]) => name);
  expect(first?.size).toBeGreaterThan(10);
  // The chain of a node's own endpoints; flannel's rules and the node's addresses differ anyhow.
  expect(own.filter((name) => /KUBE-(?!SEP)|service|external|local/.test(name))).toEqual([
    expect.stringMatching(/SVL|local/),
  ]);
  // Endpoints of the Service that stays on its node: two of four are on this one.
  expect(own.filter((name) => /SEP|endpoint/.test(name))).toHaveLength(2);
});
