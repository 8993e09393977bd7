/** One of each kind of fault, in a lab of two nodes: for tests that inject all of them where labs run in another way. */

/** A client on node1, a server with a Service on node2, and a check between them. */
export const labOf = (name: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  cluster: { nodes: [node1, node2] }
  checks: [{ name: web answers, from: pod/client, tcp: "pod/web:80", within: 5s }]
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: c } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node2, containers: [ { name: web, ports: [ { containerPort: 80 } ] } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
`;

/** What is said of it, and whether a request to the pod is still answered; none: it is not asked. */
export const KINDS: Readonly<Record<string, readonly [words: readonly string[], answered?: boolean]>> = {
  "link-down": [["node1/eth0"], false],
  flapping: [["node1/eth0"]],
  "one-way": [["pod/web", "lost=in"], false],
  loss: [["node1/eth0", "percent=100"], false],
  netem: [["pod/web", "loss=100", "direction=both"], false],
  rate: [["node1/eth0", "rate=10mbit"], true],
  mtu: [["pod/web", "mtu=1300"], true],
  block: [["node1", "protocol=vxlan"], false],
  partition: [["between=node1", "and=node2"], false],
  "node-down": [["node2"], false],
  "new-macs": [["node2"]],
  "pod-killed": [["pod/web"], false],
  "pod-stopped": [["pod/web"], false],
  "pod-slow": [["pod/web"], false],
  frozen: [["node1", "daemon=cni"], true],
  "dns-stale": [[], true],
  "conntrack-full": [["node1"], false],
  "neighbours-full": [["node1"]],
  "foreign-rule": [["node1", "rule=tcp dport 80 drop"], false],
};
