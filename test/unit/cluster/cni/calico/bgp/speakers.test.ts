/** What nodes and the router learn by BGP under Calico, as routes of the plan. */
import { describe, expect, it } from "vitest";
import { loadLabText } from "../../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../../src/plan/plan-lab.ts";
import { describeResource } from "../../../../../../src/resources/definitions.ts";
import type { Resource } from "../../../../../../src/resources/resource.ts";
import { clusterLab, pod } from "../../../../load/diagnose.ts";
import { pick } from "../../../planned.ts";

const PODS = ["node1", "node2", "node3"].map((node, i) => pod(`p${i + 1}`, `, nodeName: ${node}`));
const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { ${spec} }`;

function planned(nodes: string, more: string, ...manifests: readonly string[]): readonly Resource[] {
  const text = clusterLab(`    nodes: [${nodes}]\n    dns: false\n${more}`, ...PODS, ...manifests);
  return planResources(loadLabText(text, "lab.yaml").lab);
}

const WEB =
  "apiVersion: v1\nkind: Pod\nmetadata: { name: web, labels: { app: web } }\nspec: { nodeName: node2, containers: [{ name: c, image: x }] }";
const NONE = "    cni: { plugin: calico, encapsulation: None }";
const MESHLESS = object("BGPConfiguration", "default", "nodeToNodeMeshEnabled: false");

function learned(all: readonly Resource[], ns: string): readonly string[] {
  return pick(all, "route", ns)
    .filter(({ protocol, type }) => protocol === "bird" && type === "unicast")
    .map((route) => describeResource(route).replace("route ", "").replace(" proto bird", ""));
}

describe("sessions", () => {
  const RR =
    "{ name: node3, labels: { rr: '1' }, annotations: { projectcalico.org/RouteReflectorClusterID: 1.0.0.1 } }";
  const peer = object("BGPPeer", "rr", "nodeSelector: all(), peerSelector: has(rr)");

  it("a reflector passes on what it learns from nodes, with their next hops", () => {
    const all = planned(`node1, node2, ${RR}`, NONE, MESHLESS, peer);
    expect(learned(all, "node1")).toEqual([
      "10.244.0.64/26 via 192.168.50.12 dev eth0",
      "10.244.0.128/26 via 192.168.50.13 dev eth0",
    ]);
    const route = pick(all, "route", "node1").find(({ to }) => to === "10.244.0.64/26");
    expect(route?.cause.reason).toBe(
      "BIRD: announced by node2; learned from Node_192_168_50_13; passed on by node3; by the underlay itself",
    );
  });

  it("without the annotation it is a peer as any other, which passes on nothing", () => {
    const all = planned("node1, node2, { name: node3, labels: { rr: '1' } }", NONE, MESHLESS, peer);
    expect(learned(all, "node1")).toEqual(["10.244.0.128/26 via 192.168.50.13 dev eth0"]);
  });

  it("without mesh and peers there are no routes", () => {
    expect(learned(planned("node1, node2, node3", NONE, MESHLESS), "node1")).toEqual([]);
  });
});

describe("filters", () => {
  const mesh = (filter: string): readonly string[] => [
    MESHLESS,
    object("BGPFilter", "f", filter),
    object("BGPPeer", "all", "nodeSelector: all(), peerSelector: all(), filters: [f]"),
  ];

  it.each([
    ["import", "importV4: [{ action: Reject, matchOperator: In, cidr: 10.244.0.64/26 }]"],
    ["export", "exportV4: [{ action: Reject, matchOperator: Equal, cidr: 10.244.0.64/26 }]"],
    ["by length", "importV4: [{ action: Accept, matchOperator: In, cidr: 10.244.0.128/25 }, { action: Reject }]"],
    [
      "by community",
      "exportV4: [{ action: Accept, matchOperator: In, cidr: 10.244.0.64/26, operations: [{ addCommunity: { value: '1:2' } }] }], importV4: [{ action: Reject, communities: { values: ['1:2'] } }]",
    ],
  ])("%s: what they reject is not learned", (_name, filter) => {
    const all = planned("node1, node2, node3", NONE, ...mesh(filter));
    expect(learned(all, "node1")).toEqual(["10.244.0.128/26 via 192.168.50.13 dev eth0"]);
  });

  it("a pool with disableBGPExport is not announced", () => {
    const pool = object("IPPool", "closed", "cidr: 10.244.0.0/16, disableBGPExport: true");
    expect(learned(planned("node1, node2, node3", NONE, pool), "node1")).toEqual([]);
  });
});

describe("the router", () => {
  const peer = (more = ""): string => object("BGPPeer", "router", `peerIP: 192.168.50.1, asNumber: 65000${more}`);
  const bgp = `    router: { bgp: { asNumber: 65000 } }\n    loadBalancer: { cidr: 198.51.100.0/28 }\n${NONE}`;
  const services = object(
    "BGPConfiguration",
    "default",
    "serviceClusterIPs: [{ cidr: 10.96.0.0/16 }], serviceLoadBalancerIPs: [{ cidr: 198.51.100.0/28 }]",
  );
  const local =
    "apiVersion: v1\nkind: Service\nmetadata: { name: local }\nspec: { type: LoadBalancer, clusterIP: 10.96.0.9, loadBalancerIP: 198.51.100.1, externalTrafficPolicy: Local, selector: { app: web }, ports: [{ port: 80 }] }";

  it("is offered each block by all nodes; the next hop that is kept is the node that has it", () => {
    const kept = planned("node1, node2, node3", bgp, peer(", keepOriginalNextHop: true"));
    expect(learned(kept, "router")).toEqual([
      "10.244.0.0/26 via 192.168.50.11 dev eth0",
      "10.244.0.64/26 via 192.168.50.12 dev eth0",
      "10.244.0.128/26 via 192.168.50.13 dev eth0",
    ]);
    expect(learned(kept, "internet")[0]).toBe("10.244.0.0/26 via 203.0.113.1 dev eth0");
    const [first] = learned(planned("node1, node2, node3", bgp, peer()), "router");
    expect(first?.match(/nexthop via 192\.168\.50\.1[123]/g)).toHaveLength(3);
  });

  it("learns ranges of Services from all, and addresses of Local ones from the nodes with endpoints", () => {
    const all = planned("node1, node2, node3", bgp, peer(", keepOriginalNextHop: true"), services, local, WEB);
    const routes = learned(all, "router");
    expect(routes).toContain("198.51.100.1/32 via 192.168.50.12 dev eth0");
    expect(routes.find((route) => route.startsWith("10.96.0.0/16"))?.match(/nexthop/g)).toHaveLength(3);
    // kube-proxy has these on nodes: nothing of it is in their tables.
    expect(pick(all, "route", "node1").filter(({ to }) => to.startsWith("10.96.") || to.startsWith("198."))).toEqual(
      [],
    );
  });
});

it("3.32 gives learned routes their metric; own blocks have none", () => {
  const all = planned("node1, node2, node3", "    cni: { plugin: calico, encapsulation: None, version: '3.32' }");
  const metrics = pick(all, "route", "node1").filter(({ protocol }) => protocol === "bird");
  expect(metrics.map(({ to, metric }) => [to, metric])).toContainEqual(["10.244.0.64/26", 1024]);
  expect(metrics.map(({ to, metric }) => [to, metric])).toContainEqual(["10.244.0.0/26", undefined]);
});

it("a tunnel's address of another node's block has a route of its own", () => {
  const cni = "    podCIDR: 10.244.0.0/29\n    cni: { plugin: calico, encapsulation: VXLAN, blockSize: 30 }";
  const text = clusterLab(`    nodes: [node1, node2, node3]\n    dns: false\n${cni}`);
  const all = planResources(loadLabText(text, "lab.yaml").lab);
  // Two blocks for three nodes: node3's tunnel has an address of node1's.
  expect(pick(all, "route", "node2").map(describeResource)).toContain(
    "route 10.244.0.1/32 via 10.244.0.1 dev vxlan.calico onlink proto 80",
  );
});

it("with a real BIRD the routes are its own, and every speaker has one", () => {
  const all = planned(
    "node1, node2, node3",
    "    router: { bgp: { asNumber: 65000 } }\n    cni: { plugin: calico, encapsulation: None, bgp: { daemon: bird } }",
    object("BGPPeer", "router", "peerIP: 192.168.50.1, asNumber: 65000"),
  );
  const daemons = all.flatMap((one) => (one.kind === "daemon" ? [one.ns] : []));
  expect(daemons.toSorted()).toEqual(["internet", "node1", "node2", "node3", "router"]);
  const bird = all.flatMap((one) => (one.kind === "route" && one.protocol === "bird" ? [one.daemon] : []));
  expect(new Set(bird)).toEqual(new Set(["bird"]));
});
