/** Ports of nodes go to one pod each: who finds none free is Pending. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { diagnose } from "../../load/diagnose.ts";

const LAB =
  "{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [node1, { name: node2, labels: { disk: ssd } }] } } }";

interface Given {
  readonly kind?: "Deployment" | "DaemonSet" | "Pod";
  readonly name?: string;
  readonly replicas?: number;
  readonly spec?: string;
  readonly port?: string;
}

function object({ kind = "Deployment", name = "web", replicas, spec = "", port = "hostPort: 80" }: Given): string {
  const body = `{ ${spec} containers: [ { name: c, ports: [ { containerPort: 80, ${port} } ] } ] }`;
  if (kind === "Pod") return `{ apiVersion: v1, kind: Pod, metadata: { name: ${name} }, spec: ${body} }`;
  const count = replicas === undefined ? "" : `replicas: ${replicas},`;
  return `{ apiVersion: apps/v1, kind: ${kind}, metadata: { name: ${name} }, spec: { ${count} selector: { matchLabels: { a: ${name} } }, template: { metadata: { labels: { a: ${name} } }, spec: ${body} } } }`;
}

const SERVICE =
  "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { a: web }, ports: [ { port: 80 } ] } }";
const text = (...objects: readonly Given[]): string => [LAB, SERVICE, ...objects.map(object)].join("\n---\n");

function made(...objects: readonly Given[]) {
  const { lab, warnings } = loadLabText(text(...objects), "a.yaml");
  const pods = lab.clusters[0]?.pods.filter(({ namespace }) => namespace === "default") ?? [];
  return {
    places: pods.map(({ name, owner, node }) => `${owner?.name ?? name} ${node}`),
    endpoints: lab.clusters[0]?.slices.flatMap((one) => (one.service === "web" ? one.endpoints : [])).length,
    warnings: warnings.map(({ message }) => message).filter((message) => message.includes("Pending")),
  };
}

const NO_PORTS = (count: number): string => `${count} node(s) didn't have free ports for the requested pod ports`;

test.each(["hostPort: 80", "hostPort: 80, hostIP: 127.0.0.1"])("more replicas than nodes: %s", (port) => {
  expect(made({ replicas: 4, port })).toEqual({
    places: ["web node1", "web node2"],
    endpoints: 2,
    warnings: [`2 of 4 pods of Deployment default/web are Pending: 0/2 nodes are available: ${NO_PORTS(2)}.`],
  });
});

test("a DaemonSet's pods come first, of two DaemonSets those of the first", () => {
  const web: Given = { replicas: 1, spec: "hostNetwork: true," };
  expect(made(web, { kind: "DaemonSet", name: "agent" })).toEqual({
    places: ["agent node1", "agent node2"],
    endpoints: 0,
    warnings: [`1 of 1 pod of Deployment default/web is Pending: 0/2 nodes are available: ${NO_PORTS(2)}.`],
  });
  const ssd: Given = { kind: "DaemonSet", name: "b", spec: "nodeSelector: { disk: ssd }," };
  expect(made({ kind: "DaemonSet", name: "a" }, ssd).warnings).toEqual([
    `1 of 1 pod of DaemonSet default/b is Pending: 0/2 nodes are available: ${NO_PORTS(1)}, 1 node(s) didn't satisfy plugin(s) [NodeAffinity].`,
  ]);
});

test("a pod of one's own, for whom only some nodes will do", () => {
  const pod = (name: string, spec: string): Given => ({ kind: "Pod", name, spec });
  expect(made(pod("first", "nodeName: node2,"), pod("second", "nodeSelector: { disk: ssd },"))).toMatchObject({
    places: ["first node2"],
    warnings: [
      `Pod default/second is Pending: 0/2 nodes are available: ${NO_PORTS(1)}, 1 node(s) didn't match Pod's node affinity/selector.`,
    ],
  });
});

test("other addresses, protocols and ports are free", () => {
  const pods = ["hostPort: 80, hostIP: 127.0.0.1", "hostPort: 80, hostIP: 127.0.0.2", "hostPort: 80, protocol: UDP"];
  const fixed = pods.map((port, i): Given => ({ kind: "Pod", name: `p${i}`, spec: "nodeName: node1,", port }));
  expect(made(...fixed)).toMatchObject({ places: ["p0 node1", "p1 node1", "p2 node1"], warnings: [] });
});

test("whom nodeName sends where its port is taken, the kubelet refuses: a mistake", () => {
  const pods = ["a", "b"].map((name): Given => ({ kind: "Pod", name, spec: "nodeName: node1," }));
  expect(diagnose(text(...pods)).join("\n")).toMatch(/port 80\/tcp of node1 is used by pod default\/a, .*NodePorts/);
});
