import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../../../src/kube/service/service.ts";
import { planProxyIptables } from "../../../../src/cluster/kube-proxy/iptables/rules.ts";
import { planProxyNftables } from "../../../../src/cluster/kube-proxy/nftables/rules.ts";
import { nodePortAddresses, proxiedPorts } from "../../../../src/cluster/kube-proxy/service-ports.ts";
import { sloppyAddress, sloppyPrefixes } from "../../../../src/cluster/kube-proxy/sloppy-address.ts";
import { endpoint, input, service } from "./service-fixture.ts";

const draining = { ready: false, serving: true, terminating: true };
const here = { nodeName: "node1" };
const there = { nodeName: "node2" };

function choice(endpoints: readonly Endpoint[], more = {}, own = {}): Record<"cluster" | "local", string[]> {
  const { ports } = proxiedPorts(input([service(more)], endpoints, own));
  const { cluster = [], local = [] } = ports[0]?.endpoints ?? {};
  return { cluster: cluster.map((it) => it.address), local: local.map((it) => it.address) };
}

describe("endpoints of a Service port", () => {
  it("prefers ready ones and falls back to those that still serve, for the node and the cluster separately", () => {
    const both = { internalTrafficPolicy: "Local", externalIPs: ["9.9.9.9"] };
    const all = [
      endpoint("10.0.0.1", { ...draining, ...here }),
      endpoint("10.0.0.2", there),
      endpoint("10.0.0.3", { ready: false, serving: false, terminating: true, ...here }),
    ];
    expect(choice(all, both)).toEqual({ cluster: ["10.0.0.2"], local: ["10.0.0.1"] });
    expect(choice(all.slice(0, 1), both)).toEqual({ cluster: ["10.0.0.1"], local: ["10.0.0.1"] });
    expect(choice(all.slice(2), both)).toEqual({ cluster: [], local: [] });
  });

  it("counts an address and port once, in the order of their text", () => {
    expect(choice([endpoint("10.0.0.9"), endpoint("10.0.0.10"), endpoint("10.0.0.9")]).cluster).toEqual([
      "10.0.0.10",
      "10.0.0.9",
    ]);
  });

  it("follows hints where every endpoint has one and one is for here", () => {
    const zone = (name: string) => ({ hints: { forZones: [name], forNodes: [] } });
    const hinted = [endpoint("10.0.0.1", zone("a")), endpoint("10.0.0.2", zone("b"))];
    expect(choice(hinted, {}, { zone: "a" }).cluster).toEqual(["10.0.0.1"]);
    expect(choice(hinted, {}, { zone: "c" }).cluster).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(choice([...hinted, endpoint("10.0.0.3")], {}, { zone: "a" }).cluster).toHaveLength(3);
  });

  it("has no port for a headless Service, an ExternalName, or one of the other family", () => {
    for (const more of [
      { headless: true, clusterIPs: [] },
      { type: "ExternalName" as const },
      { clusterIPs: ["fd00::1"] },
    ])
      expect(proxiedPorts(input([service(more)], [endpoint("10.0.0.1")])).ports).toEqual([]);
  });
});

describe("addresses", () => {
  it("reads what kube-proxy reads", () => {
    expect(sloppyAddress(" 172.30.0.041", "ipv4")).toBe("172.30.0.41");
    expect(sloppyAddress("FD00:0:0::001", "ipv6")).toBe("fd00::1");
    expect(sloppyAddress("fd00::1", "ipv4")).toBeUndefined();
    expect(sloppyPrefixes([" 203.0.113.000/025", "fd00::/064", "203.0.113.0/25"], "ipv4")).toEqual(["203.0.113.0/25"]);
    expect(sloppyPrefixes(["fd00::/064"], "ipv6")).toEqual(["fd00::/64"]);
  });

  it("takes node ports on the addresses in the ranges; on all where no range is of the family", () => {
    const own = input([], [], { nodeIPs: ["192.168.0.2", "10.244.0.1"] });
    expect(nodePortAddresses(own, ["192.168.0.0/24", "127.0.0.0/8"])).toEqual({
      all: false,
      addresses: ["192.168.0.2", "127.0.0.1"],
      localhost: true,
    });
    expect(nodePortAddresses(own, ["fd00::/64"])).toMatchObject({ all: true, localhost: true });
    expect(nodePortAddresses(own, ["192.168.0.0/24"])).toMatchObject({ localhost: false });
  });
});

describe("rules", () => {
  const nodePort = service({ type: "NodePort", ports: service().ports.map((port) => ({ ...port, nodePort: 30080 })) });
  const entries = (more: Parameters<typeof input>[2]): string[] =>
    planProxyIptables(input([nodePort], [endpoint("10.0.0.1")], more))
      .filter(({ chain, args }) => chain === "KUBE-SERVICES" && args.includes("KUBE-NODEPORTS"))
      .map(({ args }) => args.slice(4, -2).join(" "));

  it("lead to node ports on the addresses that are wished for, never on ::1", () => {
    expect(entries({})).toEqual(["-m addrtype --dst-type LOCAL"]);
    expect(entries({ proxy: { localhostNodePorts: false } })).toEqual([
      "-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8",
    ]);
    expect(entries({ proxy: { nodePortAddresses: ["192.168.0.0/16"] } })).toEqual(["-d 192.168.0.2"]);
    const six = {
      family: "ipv6",
      nodeIPs: ["fd00::2"],
      proxy: { nodePortAddresses: ["::1/128", "fd00::/64"] },
    } as const;
    expect(entries(six)).toEqual(["-d fd00::2"]);
    expect(entries({ ...six, proxy: {} })).toEqual(["-m addrtype --dst-type LOCAL ! -d ::1/128"]);
  });

  it("leave comments out of endpoints' rules from a thousand on", () => {
    const many = Array.from({ length: 1001 }, (_, i) => endpoint(`10.0.${i >> 8}.${i & 255}`));
    const commented = (endpoints: readonly Endpoint[]): boolean =>
      planProxyIptables(input([service()], endpoints)).some(
        ({ chain, args }) => chain.startsWith("KUBE-SEP-") && args.includes("comment"),
      );
    expect(commented(many)).toBe(false);
    expect(commented(many.slice(1))).toBe(true);
  });

  it("in nftables take node ports on the primary address only, unless asked otherwise", () => {
    const own = { nodeIPs: ["192.168.0.2", "10.244.0.1"] };
    const taken = (proxy: object): string[] | undefined =>
      planProxyNftables(input([nodePort], [endpoint("10.0.0.1")], { ...own, proxy })).flatMap((object) =>
        object.kind === "set" && object.name === "nodeport-ips" ? object.elements.map(({ text }) => text) : [],
      );
    expect(taken({})).toEqual(["192.168.0.2"]);
    expect(taken({ nodePortAddresses: ["0.0.0.0/0"] })).toEqual([]);
    expect(taken({ nodePortAddresses: ["10.0.0.0/8", "127.0.0.0/8"] })).toEqual(["10.244.0.1"]);
  });

  it("name the manifest line that they come from", () => {
    const cause = { object: "Pod default/web-0", reason: "ready" };
    const rules = planProxyIptables(input([service()], [endpoint("10.0.0.1", { cause })]));
    const dnat = rules.find(({ args }) => args.includes("DNAT"));
    expect(dnat?.cause).toEqual({ object: "Pod default/web-0", reason: "ns1/svc1:p80: the endpoint 10.0.0.1:80" });
  });
});
