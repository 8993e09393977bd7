/** Manifests of MetalLB that it refuses, and those that do not mean what they say: place and words. */
import { describe, expect, it } from "vitest";
import { pod, service } from "../../kube/service/service-lab.ts";
import { clusterLab, diagnose } from "../../load/diagnose.ts";
import { addressPool, bfdProfile, bgp, community, l2, peer, THREE } from "./metallb-lab.ts";

const POOL = addressPool("p", "addresses: [198.51.100.0/28]");
const PEER = "myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.1";
const said = (...manifests: string[]): readonly string[] => diagnose(clusterLab(THREE, ...manifests));
const whole = (...manifests: string[]): string => said(...manifests).join("\n");

describe("pools", () => {
  it.each([
    ["198.51.100.0/33", 'invalid CIDR "198.51.100.0/33" in pool "q": invalid CIDR "198.51.100.0/33"'],
    ["198.51.100.9", 'invalid CIDR "198.51.100.9"'],
    ["198.51.100.9-x", 'invalid IP range "198.51.100.9-x": invalid end IP "x"'],
    ["x-198.51.100.9", 'invalid IP range "x-198.51.100.9": invalid start IP "x"'],
    ["198.51.100.9-198.51.100.1", 'start IP "198.51.100.9" is after the end IP "198.51.100.1"'],
  ])("%s does not parse", (text, message) => {
    expect(whole(addressPool("q", `addresses: ["${text}"]`), l2())).toContain(message);
  });

  it("overlap: at the entry, with the other one", () => {
    const lines = said(POOL, addressPool("q", "addresses: [192.0.2.0/30, 198.51.100.8-198.51.100.20]"), l2());
    expect(lines).toEqual([
      '17:35 CIDR "198.51.100.8/29" in pool "q" overlaps with already defined CIDR "198.51.100.0/28"',
    ]);
    expect(whole(addressPool("q", "addresses: [192.0.2.0/30, 192.0.2.1-192.0.2.2]"), l2())).toContain(
      'CIDR "192.0.2.1/32" in pool "q" overlaps with already defined CIDR "192.0.2.0/30"',
    );
  });

  it("namespaces: MetalLB reads one alone", () => {
    expect(whole(POOL.replace(", namespace: metallb-system", ""), l2())).toContain(
      "resource must be created in metallb-system namespace",
    );
    expect(whole(POOL.replace("metallb-system", "lb"), l2())).toContain("resource must be created in lb namespace");
    expect(said(POOL.replace("metallb-system", "lb"), l2().replace("metallb-system", "lb"))).toEqual([]);
  });

  it("what is left: a range beside pools, pools that nothing announces, addresses of nodes", () => {
    const lab = clusterLab(`${THREE}\n    loadBalancer: { cidr: 192.168.50.240/28 }`, POOL, l2());
    expect(diagnose(lab)[0]).toContain("addresses come from IPAddressPools, and not from loadBalancer.cidr");
    expect(whole(POOL)).toContain("warning: addresses of IPAddressPool p are announced by nothing");
    expect(whole(addressPool("q", "addresses: [192.168.50.8/29]"), l2())).toContain(
      "warning: IPAddressPool q has 192.168.50.11, the address of node1",
    );
    const lines = said(
      POOL,
      l2(),
      pod("web"),
      service("{ type: LoadBalancer, selector: { app: web }, ports: [ { port: 80 } ] }"),
    );
    expect(lines.join()).toMatch(
      /warning: Service default\/s: node\d answers for 198.51.100.0 at layer 2, and nothing/,
    );
  });
});

describe("advertisements", () => {
  it("names that do not exist", () => {
    expect(whole(POOL, bgp("b", "ipAddressPools: [pp]"), peer())).toContain('IPAddressPool "pp" not found');
    expect(whole(POOL, l2("l", "ipAddressPools: [pp]"))).toContain('IPAddressPool "pp" not found');
    expect(whole(POOL, bgp("b", "peers: [rooter]"), peer())).toContain('BGPPeer "rooter" not found');
    expect(whole(POOL, bgp("b", "communities: [far]"), peer())).toContain(
      'invalid community format: far: invalid community "far" in BGP advertisement',
    );
  });

  it("what MetalLB refuses of one", () => {
    const adv = (spec: string): string => whole(POOL, bgp("b", spec), peer());
    expect(adv("aggregationLength: 33")).toContain('invalid aggregation length "33" for IPv4');
    expect(adv("aggregationLength: 27")).toContain(
      "invalid aggregation length 27: prefix 28 in this pool is more specific than the aggregation length for addresses 198.51.100.0/28",
    );
    expect(adv("communities: ['65536:1']")).toContain('invalid section "65536" of community "65536:1"');
    expect(adv("communities: ['1:2:3:4']")).toContain("invalid marker for large community");
    expect(adv("communities: ['1:2', '1:2']")).toContain('duplicate definition of community "1:2"');
    expect(adv("serviceSelectors: [ { matchLabels: { a: b } } ], aggregationLength: 30")).toContain(
      "serviceSelectors and aggregationLength are mutually exclusive, both cannot be set in b",
    );
    expect(adv("nodeSelectors: [ { matchLabels: { a: b } }, { matchLabels: { a: b } } ]")).toContain(
      'duplicate definition of nodeSelectors "a=b"',
    );
  });

  it("local preferences that contradict, at the second one; one that no peer hears", () => {
    const of = (...specs: string[]): readonly string[] =>
      said(
        POOL,
        peer("router", "myASN: 65000, peerASN: 65000, peerAddress: 192.168.50.1"),
        ...specs.map((spec, i) => bgp(`b${i}`, spec)),
      );
    expect(of("localPref: 100", "localPref: 200")).toEqual([
      expect.stringContaining(
        "27:20 invalid local preference 200: local preferernce 100 was already set for the same type of BGP update",
      ),
    ]);
    expect(of("localPref: 100", "localPref: 200, aggregationLength: 28")).toEqual([]);
    expect(of("localPref: 100", "localPref: 100")).toEqual([]);
    expect(whole(POOL, bgp("b", "localPref: 200"), peer())).toContain("warning: localPref 200 is heard by no peer");
  });
});

describe("peers", () => {
  it.each([
    ["myASN: 0, peerASN: 65000, peerAddress: 192.168.50.1", "missing local ASN"],
    ["myASN: 64512, peerAddress: 192.168.50.1", "missing peer ASN and dynamicASN"],
    [`${PEER}, dynamicASN: external`, "both peer ASN and dynamicASN specified"],
    ["myASN: 64512, dynamicASN: any, peerAddress: 192.168.50.1", "invalid dynamicASN any"],
    [
      "myASN: 4294967296, peerASN: 65000, peerAddress: 192.168.50.1",
      "spec.myASN in body should be less than or equal to 4294967295",
    ],
    [
      "myASN: 64512, peerASN: -1, peerAddress: 192.168.50.1",
      "spec.peerASN in body should be greater than or equal to 0",
    ],
    [
      "myASN: 65000, peerASN: 65000, peerAddress: 192.168.50.1, ebgpMultiHop: true",
      "invalid ebgp-multihop parameter set for an ibgp peer",
    ],
    ["myASN: 64512, peerASN: 65000", "peer has no Address or Interface specified"],
    ["myASN: 64512, peerASN: 65000, peerAddress: x", 'invalid BGPPeer address "x"'],
    [`${PEER}, routerID: x`, 'invalid router ID "x"'],
    [`${PEER}, sourceAddress: x`, 'invalid source IP "x"'],
    [`${PEER}, holdTime: 2s`, 'invalid BGPPeer timers: invalid hold time "2s": must be 0 or >=3s'],
    [`${PEER}, holdTime: 9s, keepaliveTime: 10s`, 'invalid keepaliveTime "10s", must be lower than holdTime "9s"'],
    [`${PEER}, peerPort: 20000`, "spec.peerPort in body should be less than or equal to 16384"],
    [`${PEER}, vrf: red`, "peers in a VRF are not supported here"],
    [`${PEER}, bfdProfile: fast`, "peer router referencing non existing bfd profile fast"],
    [`${PEER}, passwordSecret: { name: s }`, 'secret ref not found for peer config "metallb-system"/"router"'],
    [
      `${PEER}, password: x, passwordSecret: { name: s }`,
      "can not have both password and secret ref set in peer config",
    ],
    ["myASN: 64512, peerASN: 65000, peerAddress: 192.168.50.77", "nothing in the lab speaks BGP at 192.168.50.77"],
  ])("%s", (spec, message) => {
    expect(said(POOL, bgp(), peer("router", spec)).join("\n")).toContain(message);
  });

  it("several on one node must agree", () => {
    const other = (spec: string): string => whole(POOL, bgp(), peer(), peer("other", spec));
    expect(other(PEER)).toContain("peer 192.168.50.1 already exists, FRR mode doesn't support duplicate BGPPeers");
    expect(other("myASN: 64513, peerASN: 65000, peerAddress: 203.0.113.1")).toContain(
      "has myAsn different from 192.168.50.1",
    );
    expect(other(`${PEER}, routerID: 1.1.1.1`)).toContain(
      "in FRR mode peers selecting the same node must all have the same RouterID",
    );
  });

  it("what does not run, and what stays down, is reported", () => {
    expect(whole(POOL, bgp(), bfdProfile("fast"), peer("router", `${PEER}, bfdProfile: fast`))).toContain(
      "warning: no BFD session runs here",
    );
    expect(whole(bfdProfile("fast", "detectMultiplier: 1"), POOL, l2())).toContain(
      "invalid detect multiplier value: invalid value 1, must be in 2-255 range",
    );
    expect(whole(POOL, bgp(), peer("router", PEER.replace("65000", "65001")))).toContain(
      "warning: MetalLB's session of node1, node2, node3 with 192.168.50.1 stays down: router is in AS 65000, and not in 65001 (Bad peer AS)",
    );
    expect(whole(POOL, bgp())).toContain("warning: BGPAdvertisement bgp reaches no router: there is no BGPPeer");
    expect(whole(POOL, l2(), community("c", "communities: [ { name: a, value: x } ]"))).toContain(
      'parsing community "a": invalid community format: x',
    );
  });

  it("a real BIRD takes no password with a quote", () => {
    const lab = clusterLab(
      `${THREE}\n    loadBalancer: { bgp: { daemon: bird } }`,
      POOL,
      bgp(),
      peer("router", `${PEER}, password: 'a"b'`),
    );
    expect(diagnose(lab).join()).toContain("BIRD takes no password with a double quote");
  });

  it("v1beta1 means the same", () => {
    const old = peer(
      "router",
      `${PEER}, nodeSelectors: [ { matchExpressions: [ { key: kubernetes.io/hostname, operator: In, values: [node1] } ] } ]`,
    );
    expect(said(POOL, bgp(), old.replace("v1beta2", "v1beta1"))).toEqual([]);
  });
});
