/** What MetalLB's speakers announce, and to whom. */
import { describe, expect, it } from "vitest";
import { metallbBirdText } from "../../../../src/cluster/metallb/bird.ts";
import { nodeSpeakers } from "../../../../src/cluster/metallb/speakers.ts";
import { serviceArrival } from "../../../../src/oracle/service/service-arrival.ts";
import { learnedNodes, wholeBgp } from "../../../../src/cluster/bgp/router-table.ts";
import { loadBalancerSpeaker } from "../../../../src/cluster/load-balancer-speaker.ts";
import { cluster, pod, service } from "../../kube/service/service-lab.ts";
import { addressPool, bgp, community, down, l2, peer, routes, THREE } from "./metallb-lab.ts";

const POOL = addressPool("p", "addresses: [198.51.100.0/28]");
const LB = "{ type: LoadBalancer, selector: { app: web }, ports: [ { port: 80 } ] }";
const LOCAL = LB.replace("type:", "externalTrafficPolicy: Local, type:");
const on = (node: string, name = "web"): string => pod(name, `nodeName: ${node}`);

describe("MetalLB's BGP", () => {
  it("Cluster: every node announces the address, as long as there is an endpoint; Local: nodes with one", () => {
    const known = (...more: string[]) => routes(cluster(THREE, POOL, bgp(), peer(), ...more));
    expect(known(service(LB), on("node2"))).toEqual({ "198.51.100.0/32": "node1 node2 node3" });
    expect(known(service(LB))).toEqual({});
    expect(known(service(LOCAL), on("node2"), on("node3", "web2"))).toEqual({ "198.51.100.0/32": "node2 node3" });
    expect(known(service(LOCAL))).toEqual({});
  });

  it("an endpoint that is not ready announces nothing", () => {
    const unready = pod("web", "nodeName: node1", 'status: { conditions: [ { type: Ready, status: "False" } ] }');
    expect(routes(cluster(THREE, POOL, bgp(), peer(), service(LB), unready))).toEqual({});
  });

  it("aggregationLength announces the range, with the BGPAdvertisement as its cause", () => {
    const model = cluster(THREE, POOL, bgp("wide", "aggregationLength: 28"), peer(), service(LB), on("node1"));
    expect(routes(model)).toEqual({ "198.51.100.0/28": "node1 node2 node3" });
    const [route] = wholeBgp(model).speakers.find(({ name }) => name === "node1:metallb")?.routes ?? [];
    expect(route?.cause.object).toBe("BGPAdvertisement wide");
    expect(route?.by).toBe("Service default/s");
  });

  it("the router's longest prefix says where packets go, and so where a Service's rules are met", () => {
    const both = [bgp("wide", "aggregationLength: 28"), bgp("one")];
    const model = cluster(THREE, POOL, ...both, peer(), service(LOCAL), service(LB, "all"), on("node2"));
    const to = (address: string): readonly string[] => learnedNodes(model, address, "ipv4").map(({ name }) => name);
    expect([to("198.51.100.0"), to("198.51.100.9"), to("198.51.100.16")]).toEqual([
      ["node2"],
      ["node1", "node2", "node3"],
      [],
    ]);
    const internet = { text: "internet", ns: "internet", node: "internet", addresses: { ipv4: "203.0.113.10" } };
    expect(serviceArrival(model, internet, "198.51.100.0", "ipv4")).toMatchObject({ node: { name: "node2" } });
    expect(serviceArrival(model, internet, "198.51.100.1", "ipv4")).toMatchObject({
      oneOf: [{ name: "node1" }, { name: "node2" }, { name: "node3" }],
    });
    expect(serviceArrival(model, internet, "198.51.100.16", "ipv4")).toHaveProperty("problem");
  });

  it("one address, one session with kube-router, too", () => {
    const router = `${THREE}\n    cni: { plugin: kube-router, peerRouterIPs: [192.168.50.1], peerRouterASNs: [65000], advertiseLoadbalancerIP: true }`;
    const model = cluster(router, POOL, bgp(), peer(), service(LB), on("node1"));
    expect(down(model)).toHaveLength(3);
    // kube-router announces the address of MetalLB's pool itself.
    expect(routes(model)["198.51.100.0/32"]).toBe("node1 node2 node3");
  });

  it("a node that has lost its link announces nothing", () => {
    const model = cluster(THREE, POOL, bgp(), peer(), service(LB), on("node1"));
    const nodes = model.nodes.map((node) => (node.name === "node3" ? { ...node, down: true } : node));
    expect(routes({ ...model, nodes })).toEqual({ "198.51.100.0/32": "node1 node2" });
  });

  it("nodes of nodeSelectors, of the advertisement and of the peer; excluded nodes announce nothing", () => {
    const zones = `    nodes: [{ name: node1, labels: { z: a } }, { name: node2, labels: { z: a, node.kubernetes.io/exclude-from-external-load-balancers: "" } }, { name: node3, labels: { z: b } }]
    router: { bgp: { asNumber: 65000 } }`;
    const rest = [service(LB), on("node1")];
    expect(routes(cluster(zones, POOL, bgp(), peer(), ...rest))).toEqual({ "198.51.100.0/32": "node1 node3" });
    const selected = bgp("b", "nodeSelectors: [ { matchLabels: { z: b } } ]");
    expect(routes(cluster(zones, POOL, selected, peer(), ...rest))).toEqual({ "198.51.100.0/32": "node3" });
    const some = peer(
      "r",
      "myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1, nodeSelectors: [ { matchLabels: { z: a } } ]",
    );
    expect(routes(cluster(zones, POOL, bgp(), some, ...rest))).toEqual({ "198.51.100.0/32": "node1" });
  });

  it("pools, Services and peers that an advertisement names", () => {
    const two = addressPool("q", "addresses: [203.0.113.64/28], autoAssign: false", "tier: front");
    const front = service(LB, "front").replace(
      "name: front",
      "name: front, annotations: { metallb.io/address-pool: q }, labels: { app: front }",
    );
    const rest = [POOL, two, peer(), service(LB), front, on("node1")];
    const keys = (advertisement: string): readonly string[] =>
      Object.keys(routes(cluster(THREE, ...rest, advertisement)));
    expect(keys(bgp())).toEqual(["198.51.100.0/32", "203.0.113.64/32"]);
    expect(keys(bgp("b", "ipAddressPools: [p]"))).toEqual(["198.51.100.0/32"]);
    expect(keys(bgp("b", "ipAddressPoolSelectors: [ { matchLabels: { tier: front } } ]"))).toEqual(["203.0.113.64/32"]);
    expect(keys(bgp("b", "serviceSelectors: [ { matchLabels: { app: front } } ]"))).toEqual(["203.0.113.64/32"]);
    expect(keys(bgp("b", "peers: [router]"))).toHaveLength(2);
    const other = peer("other", "myASN: 64512, peerASN: 65000, peerAddress: 203.0.113.1, ebgpMultiHop: true");
    // The router has one session with each node: the first that names it.
    expect(down(cluster(THREE, ...rest, other, bgp("b", "peers: [other]")))).toHaveLength(3);
  });

  it("communities by name; localPref counts within the AS", () => {
    const names = community("c", "communities: [ { name: far, value: 'large:65000:1:2' } ]");
    const rest = [POOL, names, service(LB), on("node1")];
    const best = (...more: string[]) =>
      wholeBgp(cluster(THREE, ...rest, ...more))
        .tables.get("router")
        ?.get("198.51.100.0/32")?.best;
    const spec = "communities: [far, '65000:7'], localPref: 300";
    expect(best(bgp("b", spec), peer())).toMatchObject({ communities: ["65000:1:2", "65000:7"], localPref: 100 });
    const internal = peer("r", "myASN: 65000, peerASN: 65000, peerAddress: 192.168.50.1");
    expect(best(bgp("b", spec), internal)).toMatchObject({ localPref: 300, internal: true });
    const dynamic = peer("r", "myASN: 64512, dynamicASN: external, peerAddress: 192.168.50.1");
    expect(best(bgp("b", spec), dynamic)).toMatchObject({ asPath: [64_512] });
    const local = peer("r", "myASN: 64512, localASN: 64900, peerASN: 65000, peerAddress: 192.168.50.1");
    expect(best(bgp("b", spec), local)).toMatchObject({ asPath: [64_900] });
  });

  it("sessions that stay down, and why", () => {
    const of = (spec: string, nodes = THREE): readonly string[] =>
      down(cluster(nodes, POOL, bgp(), peer("r", spec), service(LB), on("node1")));
    const to = "myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1";
    expect(of(to)).toEqual([]);
    expect(of(`${to}, peerPort: 1179`)[0]).toContain("nothing listens on its port 1179");
    expect(of(`${to}, password: secret`)).toEqual([]);
    expect(of(to.replace("65000", "65001"))[0]).toContain("router is in AS 65000, and not in 65001 (Bad peer AS)");
    expect(of(`${to}, sourceAddress: 192.168.50.11`)).toEqual([
      "node2:metallb 192.168.50.1: node2 does not have the address 192.168.50.11",
      "node3:metallb 192.168.50.1: node3 does not have the address 192.168.50.11",
    ]);
    expect(of("myASN: 65000, dynamicASN: external, peerAddress: 192.168.50.1")[0]).toContain("dynamicASN is external");
    const far = `    nodes: [node1, { name: node2, nodeCIDR: 192.168.60.0/24 }]\n    router: { bgp: { asNumber: 65000 } }`;
    expect(of(to, far)).toEqual([
      expect.stringContaining("it is not on a subnet of node2, and the BGPPeer does not say ebgpMultiHop"),
    ]);
    expect(of(`${to}, ebgpMultiHop: true`, far)).toEqual([]);
  });

  it("one address, one session: with a plugin that speaks to the router, the plugin's is the one", () => {
    const calico = `${THREE}\n    cni: { plugin: calico, encapsulation: None }`;
    const own = `apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: { name: router }\nspec: { peerIP: 192.168.50.1, asNumber: 65000 }`;
    const rest = [POOL, bgp(), peer(), service(LB), on("node1")];
    expect(down(cluster(calico, own, ...rest))[0]).toBe(
      "node1:metallb 192.168.50.1: router has a session with 192.168.50.11 already, that of node1: one address, one session",
    );
    // The mesh alone leaves the router to MetalLB.
    const model = cluster(calico, ...rest);
    expect(down(model)).toEqual([]);
    expect(routes(model)).toEqual({ "198.51.100.0/32": "node1 node2 node3" });
    expect(routes(model, "node1")).toHaveProperty("10.244.0.0/26");
  });

  it("IPv6 addresses by sessions of their own, or by one session for both", () => {
    const dual = `${THREE}\n    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]`;
    const pools = addressPool("p", 'addresses: [198.51.100.0/28, "2001:db8:1::/120"]');
    const both = service(LB.replace("type:", "ipFamilyPolicy: RequireDualStack, type:"));
    const known = (...peers: string[]) => routes(cluster(dual, pools, bgp(), both, on("node1"), ...peers));
    expect(Object.keys(known(peer()))).toEqual(["198.51.100.0/32"]);
    const six = peer("six", 'myASN: 64512, peerASN: 65000, peerAddress: "fd00:50::1"');
    const gateway = cluster(dual, pools, l2(), both).switches[0]?.gateway.ipv6 ?? "";
    expect(Object.keys(known(peer(), six.replace("fd00:50::1", gateway)))).toEqual([
      "198.51.100.0/32",
      "2001:db8:1::/128",
    ]);
    const one = peer("r", "myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1, dualStackAddressFamily: true");
    expect(Object.keys(known(one))).toEqual(["198.51.100.0/32", "2001:db8:1::/128"]);
  });

  it("the configuration of a real BIRD", () => {
    const model = cluster(
      THREE,
      POOL,
      bgp("b", "communities: ['65000:7', 'large:65000:1:2'], localPref: 300"),
      peer("router", "myASN: 65000, peerASN: 65000, peerAddress: 192.168.50.1, holdTime: 9s, password: it's"),
      service(LB),
      on("node1"),
    );
    const [speaker] = nodeSpeakers(model);
    if (speaker === undefined) throw new TypeError("no speaker");
    const text = metallbBirdText(speaker, speaker.peers);
    expect(text).toContain("route 198.51.100.0/32 blackhole;");
    expect(text).toContain(
      "if net = 198.51.100.0/32 then { bgp_local_pref = 300; bgp_large_community.add((65000, 1, 2)); bgp_community.add((65000, 7)); accept; }",
    );
    expect(text).toContain("hold time 9;\n  keepalive time 3;");
    expect(text).toContain(`password "it's";`);
  });
});

describe("MetalLB's layer 2", () => {
  const NEAR = addressPool("p", "addresses: [192.168.50.240/28]");
  const speaker = (spec: string, ...manifests: string[]): string | undefined =>
    loadBalancerSpeaker(cluster(spec, NEAR, service(LB), ...manifests), "192.168.50.240")?.name;

  it("one node by its hash, where there is an endpoint; a pool that only BGP announces has none", () => {
    expect(speaker(THREE, l2(), on("node1"))).toBe("node3");
    expect(speaker(THREE, l2())).toBeUndefined();
    expect(speaker(THREE, bgp(), peer(), on("node1"))).toBeUndefined();
  });

  it("nodeSelectors, preferences and interfaces", () => {
    const zones = `    nodes: [{ name: node1, labels: { z: a } }, { name: node2, labels: { z: a, w: x } }, node3]`;
    expect(speaker(zones, l2("l", "nodeSelectors: [ { matchLabels: { z: a } } ]"), on("node1"))).toMatch(/node[12]/);
    const preferred = "preferredNodeSelectors: [ { weight: 10, preference: { matchLabels: { w: x } } } ]";
    expect(speaker(zones, l2("l", preferred), on("node1"))).toBe("node2");
    expect(speaker(zones, l2("l", "interfaces: [eth1]"), on("node1"))).toBeUndefined();
    expect(speaker(zones, l2("l", "interfaces: [eth1, eth0]"), on("node1"))).toBe("node3");
  });
});
