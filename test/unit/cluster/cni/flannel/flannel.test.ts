import { describe, expect, it } from "vitest";
import { vtepMac } from "../../../../../src/cluster/cni/flannel/vxlan.ts";
import { pick, resources, routes, rules } from "../../planned.ts";

describe("flannel vxlan", () => {
  const all = resources();

  it("makes flannel.1 as flanneld does", () => {
    expect(pick(all, "vxlan", "node1")).toMatchObject([
      {
        name: "flannel.1",
        vni: 1,
        port: 8472,
        learn: false,
        local: "192.168.50.11",
        dev: "eth0",
        mtu: 1450,
        mac: vtepMac("node1", "ipv4"),
      },
    ]);
    expect(pick(all, "addr", "node1").map(({ dev, address }) => `${dev} ${address}`)).toContain(
      "flannel.1 10.244.0.0/32",
    );
  });

  it("knows each other node beforehand: one route, one neighbour, one forwarding entry", () => {
    expect(routes(all, "node1")).toEqual([
      "0.0.0.0/0 via 192.168.50.1 dev eth0",
      "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
      "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]);
    expect(pick(all, "neigh", "node1")).toMatchObject([
      { address: "10.244.1.0", mac: vtepMac("node2", "ipv4"), dev: "flannel.1" },
      { address: "10.244.2.0", mac: vtepMac("node3", "ipv4"), dev: "flannel.1" },
    ]);
    expect(pick(all, "fdb", "node1")).toMatchObject([
      { mac: vtepMac("node2", "ipv4"), dst: "192.168.50.12" },
      { mac: vtepMac("node3", "ipv4"), dst: "192.168.50.13" },
    ]);
  });

  it("gives VTEPs different, locally administered unicast MACs", () => {
    const macs = ["node1", "node2", "node3"].flatMap((node) => [vtepMac(node, "ipv4"), vtepMac(node, "ipv6")]);
    expect(new Set(macs).size).toBe(6);
    for (const mac of macs) expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
  });

  it("with directRouting encapsulates only between segments", () => {
    const direct = resources({ cni: { directRouting: true }, switches: [0, 0, 1] });
    expect(routes(direct, "node1").slice(1)).toEqual([
      "10.244.1.0/24 via 192.168.50.12 dev eth0",
      "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]);
    expect(pick(direct, "fdb", "node1")).toHaveLength(1);
    expect(routes(direct, "node3").slice(1)).toEqual([
      "10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink",
      "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink",
    ]);
  });

  it("has a device of its own for IPv6, 70 bytes smaller than the underlay", () => {
    const dual = resources({ families: ["ipv4", "ipv6"] });
    expect(pick(dual, "vxlan", "node2").map(({ name, mtu, local }) => [name, mtu, local])).toEqual([
      ["flannel.1", 1450, "192.168.50.12"],
      ["flannel-v6.1", 1430, "fd00:50::12"],
    ]);
    expect(routes(dual, "node2")).toContain("fd00:10:244::/64 via fd00:10:244:: dev flannel-v6.1 onlink");
    expect(pick(dual, "addr", "node2").map(({ address }) => address)).toContain("fd00:10:244:1::/128");
    expect(pick(dual, "veth", "default/web-0-0")).toMatchObject([{ mtu: 1430, peer: { mtu: 1430 } }]);
  });
});

describe("flannel's rules", () => {
  it("masquerades in flannel's words and order", () => {
    expect(rules(resources(), "node2", "ipv4", "nat")).toEqual([
      "POSTROUTING -m comment --comment flanneld masq -j FLANNEL-POSTRTG",
      "FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 -m comment --comment flanneld masq -j RETURN",
      "FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment flanneld masq -j MASQUERADE --random-fully",
      "FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment flanneld masq -j MASQUERADE --random-fully",
    ]);
  });

  it("forwards, and masquerades only when asked to", () => {
    const plain = resources({ cni: { ipMasq: false }, families: ["ipv4", "ipv6"] });
    for (const family of ["ipv4", "ipv6"] as const) {
      expect(rules(plain, "node1", family, "nat")).toEqual([]);
      expect(rules(plain, "node1", family, "filter")).toHaveLength(3);
    }
    expect(rules(resources({ families: ["ipv6"] }), "node1", "ipv6", "nat")[5]).toContain("! -d ff00::/8");
  });

  it("passes its settings to the CNI plugin through subnet.env", () => {
    const env = pick(resources({ families: ["ipv4", "ipv6"] }), "file", "node2").find(
      ({ path }) => path === "/run/flannel/subnet.env",
    );
    expect(env?.content).toBe(
      "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPV6_NETWORK=fd00:10:244::/56\nFLANNEL_IPV6_SUBNET=fd00:10:244:1::1/64\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=true\n",
    );
  });
});

describe("flannel host-gw", () => {
  it("is routes only", () => {
    const all = resources({ cni: { backend: "host-gw" } });
    expect(all.filter(({ kind }) => kind === "vxlan" || kind === "neigh" || kind === "fdb")).toEqual([]);
    expect(routes(all, "node1")).toEqual([
      "0.0.0.0/0 via 192.168.50.1 dev eth0",
      "10.244.1.0/24 via 192.168.50.12 dev eth0",
      "10.244.2.0/24 via 192.168.50.13 dev eth0",
    ]);
    expect(pick(all, "veth", "default/web-0-0")).toMatchObject([{ mtu: 1500 }]);
  });
});
