import { describe, expect, test } from "vitest";
import { judgeState } from "../../../../src/checks/state/run.ts";
import { stateEntries } from "../../../../src/checks/state/entries.ts";
import type { StateCheck } from "../../../../src/checks/state/resolve.ts";
import type { NamespaceState } from "../../../../src/resources/observed.ts";

const base = { family: "ipv4", type: "unicast", onlink: false, table: 254, scope: "global", protocol: "boot" } as const;
const observed: NamespaceState = {
  ns: "node1",
  node: "node1",
  netns: "lab.node1",
  exists: true,
  links: [
    {
      index: 2,
      name: "eth0",
      kind: "veth",
      mac: "02:00:00:00:00:01",
      mtu: 1500,
      up: true,
      carrier: true,
      peer: { ns: "underlay", name: "veth1" },
    },
    {
      index: 3,
      name: "flannel.1",
      kind: "vxlan",
      mac: "02:00:00:00:00:03",
      mtu: 1450,
      up: true,
      carrier: true,
      vxlan: { vni: 1, port: 8472, local: "192.168.50.11", dev: "eth0", learn: false },
    },
    {
      index: 4,
      name: "veth12345678",
      kind: "veth",
      mac: "02:00:00:00:00:04",
      mtu: 1450,
      up: true,
      carrier: true,
      master: "cni0",
      hairpin: true,
    },
  ],
  addrs: [{ dev: "eth0", address: "192.168.50.11/24", family: "ipv4", scope: "global", tentative: false }],
  routes: [
    { ...base, to: "0.0.0.0/0", via: "192.168.50.1", dev: "eth0" },
    { ...base, to: "10.244.1.0/24", via: "10.244.1.0", dev: "flannel.1", onlink: true },
    { ...base, to: "10.9.0.0/16", type: "blackhole", table: 100 },
  ],
  rules: [{ family: "ipv4", priority: 1024, from: "10.0.0.0/24", fwmark: "0x80/0x80", table: 100 }],
  neighs: [{ family: "ipv4", dev: "flannel.1", address: "10.244.1.0", mac: "aa:bb:cc:dd:ee:01", state: "permanent" }],
  fdb: [{ dev: "flannel.1", mac: "aa:bb:cc:dd:ee:01", dst: "192.168.50.12", permanent: true, self: true }],
  sysctls: { "net.ipv4.ip_forward": "1" },
  iptables: {
    ipv4: {
      nat: {
        POSTROUTING: {
          policy: "ACCEPT",
          rules: ['-m comment --comment "flanneld masq" -j FLANNEL-POSTRTG', "-s 10.0.0.1/32 -d 10.0.0.2/32 -j RETURN"],
        },
        "FLANNEL-POSTRTG": { policy: "-", rules: ["-s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully"] },
      },
      filter: { FORWARD: { policy: "DROP", rules: ["-i eth0 -p tcp -m tcp --dport 80 -j ACCEPT"] } },
    },
  },
  qdiscs: [],
};
const judge = (what: StateCheck["what"], match: string, present = true): { ok: boolean; got: string } =>
  judgeState(stateEntries(observed, what), { what, match, present });

describe("there", () => {
  test.each<[StateCheck["what"], string]>([
    ["route", "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink"],
    ["route", "default via 192.168.50.1"],
    ["route", "0.0.0.0/0 dev eth0"],
    ["route", "blackhole 10.9.0.0/16 table 100"],
    ["rule", "from 10.0.0.0/24 table 100"],
    ["rule", "1024: lookup 100 fwmark 0x80/0x80"],
    ["neigh", "10.244.1.0 lladdr AA:BB:CC:DD:EE:01 PERMANENT dev flannel.1"],
    ["fdb", "aa:bb:cc:dd:ee:01 dev flannel.1 dst 192.168.50.12 self permanent"],
    ["addr", "192.168.50.11/24 dev eth0"],
    ["link", "flannel.1 mtu 1450 vxlan id 1 dstport 8472 nolearning"],
    ["link", "veth12345678 master cni0 hairpin on"],
    ["link", "eth0 state UP"],
    ["sysctl", "net.ipv4.ip_forward=1"],
    ["sysctl", "net.ipv4.ip_forward = 1"],
    ["iptables", "-t nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE"],
    ["iptables", '-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG'],
    ["iptables", "-A POSTROUTING -s 10.0.0.1 -d 10.0.0.2 -j RETURN"],
    ["iptables", "-P FORWARD DROP"],
    ["iptables", "-p tcp --dport 80 -j ACCEPT"],
  ])("%s %s", (what, match) => {
    expect(judge(what, match)).toMatchObject({ ok: true });
    expect(judge(what, match, false)).toMatchObject({ ok: false });
  });
});

describe("not there", () => {
  test.each<[StateCheck["what"], string]>([
    ["route", "10.244.1.0/24 via 10.244.2.0 dev flannel.1"],
    ["route", "10.244.1.0/24 dev eth0"], // the words are all in the state, but not in one entry
    ["iptables", "-A POSTROUTING -s 10.0.0.2 -d 10.0.0.1 -j RETURN"], // words that belong together stay together
    ["iptables", "-A FLANNEL-POSTRTG -d 224.0.0.0/4 -j MASQUERADE"], // `!` is part of its word
    ["sysctl", "net.ipv4.ip_forward=0"],
    ["link", "flannel.1 mtu 1500"],
  ])("%s %s", (what, match) => {
    expect(judge(what, match)).toMatchObject({ ok: false });
    expect(judge(what, match, false)).toMatchObject({ ok: true });
  });

  test("the closest entry says what it lacks", () => {
    expect(judge("fdb", "aa:bb:cc:dd:ee:01 dev flannel.1 dst 192.168.50.13").got).toBe(
      "not there; closest: aa:bb:cc:dd:ee:01 dev flannel.1 dst 192.168.50.12 self permanent (lacks dst 192.168.50.13)",
    );
  });
});
