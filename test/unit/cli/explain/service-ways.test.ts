import { expect, test } from "vitest";
import { protocolOf, waysIn } from "../../../../src/cli/explain/service-ways.ts";
import { loadLabText } from "../../../../src/load/load-lab.ts";

const { lab } = loadLabText(
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ways }
spec: { cluster: { nodes: [node1, node2] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 32000, externalIPs: [198.51.100.9], selector: { app: web }, ports: [ { name: a, port: 80, nodePort: 30080 }, { name: b, port: 53, protocol: UDP, nodePort: 30053 } ] }, status: { loadBalancer: { ingress: [ { ip: 192.168.50.240 }, { ip: 192.168.50.5, ipMode: Proxy } ] } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: none }, spec: { clusterIP: None, selector: { app: web } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { containers: [ { name: c } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: other }, spec: { containers: [ { name: c } ] } }
`,
  "lab.yaml",
);
const [cluster] = lab.clusters;
if (cluster === undefined) throw new Error("no cluster");
const find = (name: string) => cluster.services.find((one) => one.name === name);

test("a Service is shown by all of its addresses, each from where its clients are", () => {
  const web = find("web");
  if (web === undefined) throw new Error("no Service");
  expect(waysIn(lab, cluster, web).map(({ from, to, protocol }) => `${from.text} ${to.text} ${protocol}`)).toEqual([
    "pod/other svc/web:80 tcp",
    "internet 198.51.100.9:80 tcp",
    "internet 192.168.50.240:80 tcp",
    "internet node1:30080 tcp",
    "pod/other svc/web:53 udp",
    "internet 198.51.100.9:53 udp",
    "internet 192.168.50.240:53 udp",
    "internet node1:30053 udp",
    "internet node1:32000 tcp",
  ]);
  const none = find("none");
  expect(none === undefined ? undefined : waysIn(lab, cluster, none)).toEqual([]);
});

test("a port that a Service has in one protocol needs no flag", () => {
  expect(protocolOf(find("web"), 53)).toBe("udp");
  expect(protocolOf(find("web"), 80)).toBe("tcp");
  expect(protocolOf(find("kube-dns"), 53)).toBe("tcp");
  expect(protocolOf(undefined, 53)).toBe("tcp");
});
