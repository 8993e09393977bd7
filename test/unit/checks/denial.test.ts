/** Plugins that answer what policies deny: a connection that should time out is refused there, and only where policies deny it. */
import { expect, test } from "vitest";
import { expectedOutcome } from "../../../src/checks/denial.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { Outcome } from "../../../src/net/outcome.ts";
import { resolveTarget } from "../../../src/targets/parse-target.ts";

const labOf = (plugin: string): string => `
apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: denials }
spec: { cluster: { nodes: [node1], cni: { plugin: ${plugin} } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: shop }, spec: { containers: [{ name: c }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: open }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny }, spec: { podSelector: { matchLabels: { app: web } } } }
`;

test.each<[plugin: string, to: string, asked: Outcome, expected: Outcome]>([
  ["flannel", "pod/web", "timeout", "timeout"],
  ["calico", "pod/web", "timeout", "timeout"],
  ["kube-router", "pod/web", "timeout", "refused"],
  ["kube-router", "pod/web", "open", "open"],
  // Silence that no policy explains stays a fault.
  ["kube-router", "pod/open", "timeout", "timeout"],
])("%s: %s, %s is %s", (plugin, to, asked, expected) => {
  const { lab } = loadLabText(labOf(plugin), "lab.yaml");
  const target = resolveTarget(lab, to);
  const connection = { to: { kind: "target", target }, port: 80, protocol: "tcp" } as const;
  expect(expectedOutcome(lab, resolveTarget(lab, "pod/shop"), connection, "ipv4", asked)).toBe(expected);
});
