import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { objectDetail, objectRows } from "../../../src/tui/objects.ts";
import { rowText } from "../../../src/tui/row.ts";

const TEXT = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: small }
spec: { cluster: { nodes: [node1] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: a, labels: { app: web } }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.50, selector: { app: web }, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: lost }, spec: { clusterIP: 10.96.0.51, selector: { app: none }, ports: [{ port: 80 }] } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }] }], policyTypes: [Ingress, Egress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: idle }
spec: { podSelector: { matchLabels: { app: nobody } } }
`;
const { lab } = loadLabText(TEXT, "small.yaml");

function details(key: string): string {
  return (objectDetail(lab, key) ?? []).map((line) => line.text).join("\n");
}

test("Services and policies are listed with what they come to", () => {
  const rows = objectRows(lab, new Set(["svc:default/web"])).map(rowText);
  expect(rows).toContain("▾ svc/web ClusterIP  10.96.0.50  → 1");
  expect(rows).toContain("    pod/a  10.244.0.2  on node1");
  expect(rows).toContain("  svc/lost ClusterIP  10.96.0.51  no endpoints");
  expect(rows).toContain("  netpol/closed ingress and egress of app=web");
});

test("a Service shows its ports and endpoints, from its endpoint's row too", () => {
  expect(details("svc:default/web")).toMatch(/port 80\/tcp.*\n.*endpoint 10\.244\.0\.2 .*pod\/a .*on node1 .*ready/);
  expect(details("svc:default/web#0")).toBe(details("svc:default/web"));
  expect(details("svc:default/web")).toContain("k8snet-lab explain small svc/web");
});

test("a policy shows what it isolates and what it lets through", () => {
  expect(details("policy:default/closed")).toContain("isolates a for ingress and egress");
  expect(details("policy:default/closed")).toContain("from podSelector app=web: TCP 80");
  expect(details("policy:default/closed")).toContain("to nothing");
  expect(details("policy:default/idle")).toContain("matches no pod");
  expect(objectDetail(lab, "policy:default/unknown")).toBeUndefined();
});
