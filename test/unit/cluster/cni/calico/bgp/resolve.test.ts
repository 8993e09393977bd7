/** What manifests about BGP may not say, with line and column. */
import { describe, expect, it } from "vitest";
import { clusterLab, diagnose } from "../../../../load/diagnose.ts";

const object = (kind: string, spec: string, name = "x"): string =>
  `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: { ${spec} }`;

const mistakes = (cluster: string, ...manifests: readonly string[]): string =>
  diagnose(clusterLab(`    nodes: [node1, node2]\n    dns: false\n${cluster}`, ...manifests)).join("\n");

const CALICO = "    cni: { plugin: calico, encapsulation: None }";

describe("refused", () => {
  it.each([
    [
      "AS out of range",
      object("BGPConfiguration", "asNumber: 4294967296", "default"),
      /13:19 .*invalid AS Number format \(4294967296\)/,
    ],
    [
      "AS with dots",
      object("BGPPeer", "peerIP: 192.168.50.11, asNumber: '1.70000'"),
      /13:42 .*invalid AS Number format \(1\.70000\)/,
    ],
    [
      "no such filter",
      object("BGPPeer", "peerIP: 192.168.50.11, asNumber: 64512, filters: [nope]"),
      /13:59 BGPFilter "nope" not found/,
    ],
    [
      "no such node",
      object("BGPPeer", "node: node7, peerIP: 192.168.50.11, asNumber: 64512"),
      /13:15 node "node7" not found/,
    ],
    [
      "nobody there",
      object("BGPPeer", "peerIP: 10.9.9.9, asNumber: 65000"),
      /13:17 nothing in the lab speaks BGP at 10\.9\.9\.9/,
    ],
    ["no AS", object("BGPPeer", "peerIP: 192.168.50.11"), /13:9 a BGPPeer with peerIP needs asNumber/],
    [
      "two peers",
      object("BGPPeer", "peerIP: 192.168.50.11, peerSelector: all()"),
      /peerIP and peerSelector cannot both be set/,
    ],
    [
      "an AS with a selector",
      object("BGPPeer", "peerSelector: all(), asNumber: 64512"),
      /asNumber must be empty when peerSelector is set/,
    ],
    ["no peer", object("BGPPeer", "node: node1"), /BGPPeer names no peer/],
    [
      "a gateway of another family",
      object("BGPPeer", "peerIP: 192.168.50.11, asNumber: 64512, reachableBy: 'fd00::1'"),
      /address family mismatched/,
    ],
    ["selector", object("BGPPeer", "peerSelector: rack = 1"), /Invalid selector: expected ==/],
    [
      "a community that is not defined",
      object("BGPConfiguration", "prefixAdvertisements: [{ cidr: 10.244.0.0/16, communities: [gold] }]", "default"),
      /community used is invalid or not defined/,
    ],
    [
      "communities that are not used",
      object("BGPConfiguration", "communities: [{ name: gold, value: '1:2' }]", "default"),
      /defined but not used in prefixAdvertisements/,
    ],
    [
      "a password without mesh",
      object(
        "BGPConfiguration",
        "nodeToNodeMeshEnabled: false, nodeMeshPassword: { secretKeyRef: { name: a, key: b } }",
        "default",
      ),
      /nodeMeshPassword cannot be set when nodeToNodeMeshEnabled is false/,
    ],
    [
      "half a match",
      object("BGPFilter", "importV4: [{ action: Accept, cidr: 10.0.0.0/8 }]"),
      /cidr and matchOperator must both be set or both be empty/,
    ],
    [
      "operations of a rejection",
      object("BGPFilter", "importV4: [{ action: Reject, operations: [{ setPriority: { value: 5 } }] }]"),
      /operations may only be used with action Accept/,
    ],
    [
      "the other family",
      object("BGPFilter", "importV6: [{ action: Accept, cidr: 10.0.0.0/8, matchOperator: In }]"),
      /is not an IPv6 CIDR/,
    ],
  ])("%s", (_name, manifest, message) => {
    expect(mistakes(CALICO, manifest)).toMatch(message);
  });

  it("a real BIRD for routes through tunl0, which only Calico's own can write", () => {
    const cni = "    cni: { plugin: calico, encapsulation: IPIP, version: '3.30', bgp: { daemon: bird } }";
    expect(mistakes(cni)).toMatch(/8:\d+ BIRD 2 cannot write routes through tunl0/);
    expect(mistakes(cni.replace("3.30", "3.31"))).toBe("");
  });

  it("a router that is mistakes the routes that it learns", () => {
    expect(mistakes(`    flat: true\n    router: { bgp: { asNumber: 65000 } }\n${CALICO}`)).toMatch(
      /8:11 flat gives the router routes/,
    );
    expect(mistakes(`    router: { bgp: { asNumber: x } }\n${CALICO}`)).toMatch(/8:32 invalid AS Number format \(x\)/);
  });
});

describe("warned of", () => {
  it.each([
    [
      "a session with the wrong AS",
      object("BGPPeer", "peerIP: 192.168.50.1, asNumber: 65001"),
      /session with 192\.168\.50\.1 stays down: router is in AS 65000, and not in 65001/,
    ],
    [
      "a selector without nodes",
      object("BGPPeer", "nodeSelector: has(rack), peerSelector: all()"),
      /has\(rack\) selects no node/,
    ],
    [
      "nodes without sessions",
      object("BGPConfiguration", "nodeToNodeMeshEnabled: false", "default"),
      /the nodes have no BGP sessions/,
    ],
    [
      "a password",
      object("BGPPeer", "peerSelector: all(), password: { secretKeyRef: { name: a, key: b } }"),
      /sessions have no passwords here/,
    ],
    ["a configuration of nobody", object("BGPConfiguration", "asNumber: 64512"), /BGPConfiguration x has no effect/],
  ])("%s", (_name, manifest, message) => {
    expect(mistakes(`    router: { bgp: { asNumber: 65000 } }\n${CALICO}`, manifest)).toMatch(message);
  });

  it("objects that another plugin does not read", () => {
    expect(mistakes("", object("BGPPeer", "peerSelector: all()"))).toMatch(
      /BGPPeer x has no effect: flannel does not use it/,
    );
  });
});
