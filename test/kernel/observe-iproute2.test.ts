import { expect, test, vi } from "vitest";
import { addr } from "../../src/resources/addr/apply.ts";
import { bridge } from "../../src/resources/bridge/apply.ts";
import { fdb } from "../../src/resources/fdb/apply.ts";
import { neigh } from "../../src/resources/neigh/apply.ts";
import { ownRoute as route } from "../../src/resources/route/apply.ts";
import { rule } from "../../src/resources/rule/apply.ts";
import { veth } from "../../src/resources/veth/apply.ts";
import { vxlan } from "../../src/resources/vxlan/apply.ts";
import { resource, useNamespaces } from "./namespaces.ts";

const lab = useNamespaces("iproute2");
const MAC = {
  bridge: "02:00:00:00:01:01",
  port: "02:00:00:00:01:02",
  pod: "02:00:00:00:01:03",
  vxlan: "02:00:00:00:01:04",
  far: "02:00:00:00:01:09",
};

/** What iproute2 prints of a namespace, without what is another one each time: ids, indexes, counters, link-local DAD. */
function show(ns: string): string[] {
  const text = [
    lab.run(ns, "ip", "-d", "addr"),
    lab.run(ns, "ip", "-d", "route", "show", "table", "all"),
    lab.run(ns, "ip", "-d", "-6", "route", "show", "table", "all"),
    lab.run(ns, "ip", "rule"),
    lab.run(ns, "ip", "-6", "rule"),
    lab.run(ns, "ip", "neigh", "show", "nud", "permanent"),
    lab.run(ns, "bridge", "-d", "fdb"),
  ]
    .map((part, i) => (i === 0 ? part : part.split("\n").sort().join("\n")))
    .join("\n"); // order follows timing, but of addresses it counts
  return text
    .replace(/link-netns\S* \S+/g, "")
    .replace(/(@if|^)\d+/gm, "")
    .replace(/ (tentative|nodad)/g, "")
    .replace(/(gc_timer|hello_timer|timer) +\d+\.\d+/g, "$1")
    .replace(/state (UP|DOWN|UNKNOWN|LOWERLAYERDOWN)|NO-CARRIER,|,LOWER_UP|linkdown/g, "")
    .split("\n")
    .map((line) => line.trim().replace(/ {2,}/g, " "))
    .filter((line) => !line.includes("ff00::") && !line.includes("33:33:") && !line.includes("01:00:5e"));
}

/** Our own view, without indexes and counters. */
function view(ns: string): object {
  const { links, addrs, routes, rules, fdb: entries, neighs } = lab.observe(ns);
  const sorted = <T>(list: readonly T[]): T[] =>
    list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const settled = links.map(
    ({ index: _i, stats: _s, masterIndex: _m, peerIndex: _p, peerNetnsId: _n, carrier: _c, ...link }) => link,
  );
  return {
    links: settled,
    addrs: addrs.filter((one) => one.scope !== "link"),
    routes: sorted(routes),
    rules,
    neighs: neighs.filter((one) => one.state === "permanent"),
    entries: entries.length,
  };
}

// pod:eth0 <-> node:v0 [cni0], node:vx, node:eth0 <-> out:eth0     once by kinds, once by the commands that a person types
test("the kinds leave exactly what ip and bridge leave", async () => {
  lab.make("pod", "node", "out", "pod2", "node2", "out2");

  const veth1 = resource("veth", {
    ns: "pod",
    name: "eth0",
    mac: MAC.pod,
    mtu: 1450,
    up: true,
    peer: { ns: "node", node: "node", name: "v0", mac: MAC.port, mtu: 1450, master: "cni0", hairpin: true, up: true },
  });
  bridge.create(
    resource("bridge", { ns: "node", name: "cni0", mac: MAC.bridge, mtu: 1450, stp: false, up: true }),
    lab,
  );
  veth.create(veth1, lab);
  veth.create(
    resource("veth", {
      ns: "node",
      name: "eth0",
      mac: "02:00:00:00:02:01",
      up: true,
      peer: { ns: "out", node: "out", name: "eth0", mac: "02:00:00:00:02:02", up: true },
    }),
    lab,
  );
  addr.create(resource("addr", { ns: "node", dev: "eth0", address: "192.168.50.11/24", family: "ipv4" }), lab);
  vxlan.create(
    resource("vxlan", {
      ns: "node",
      name: "vx",
      mac: MAC.vxlan,
      mtu: 1450,
      vni: 1,
      port: 8472,
      local: "192.168.50.11",
      dev: "eth0",
      learn: false,
      up: true,
    }),
    lab,
  );
  addr.create(resource("addr", { ns: "node", dev: "vx", address: "10.244.0.0/32", family: "ipv4" }), lab);
  addr.create(resource("addr", { ns: "node", dev: "cni0", address: "fd00::1/64", family: "ipv6" }), lab);
  addr.create(resource("addr", { ns: "pod", dev: "eth0", address: "10.244.0.2/24", family: "ipv4" }), lab);
  addr.create(resource("addr", { ns: "pod", dev: "eth0", address: "fd00::2/64", family: "ipv6" }), lab);
  const r4 = { family: "ipv4", type: "unicast", onlink: false, table: 254 } as const;
  route.create(
    resource("route", { ...r4, ns: "pod", to: "0.0.0.0/0", via: "10.244.0.1", dev: "eth0", onlink: true }),
    lab,
  );
  route.create(resource("route", { ...r4, ns: "pod", family: "ipv6", to: "::/0", via: "fd00::1" }), lab);
  route.create(
    resource("route", {
      ...r4,
      ns: "node",
      to: "10.244.1.0/24",
      via: "10.244.1.0",
      dev: "vx",
      onlink: true,
      mtu: 1400,
    }),
    lab,
  );
  route.create(
    resource("route", {
      ...r4,
      ns: "node",
      to: "10.9.0.0/16",
      dev: "eth0",
      table: 1000,
      metric: 9,
      src: "192.168.50.11",
    }),
    lab,
  );
  route.create(resource("route", { ...r4, ns: "node", to: "10.8.0.0/16", type: "blackhole" }), lab);
  route.create(resource("route", { ...r4, ns: "node", family: "ipv6", to: "fd09::/64", type: "unreachable" }), lab);
  rule.create(
    resource("rule", {
      ns: "node",
      family: "ipv4",
      priority: 99,
      from: "10.244.0.0/16",
      iif: "cni0",
      fwmark: "0x80/0x80",
      table: 1000,
    }),
    lab,
  );
  neigh.create(resource("neigh", { ns: "node", family: "ipv4", dev: "vx", address: "10.244.1.0", mac: MAC.far }), lab);
  fdb.create(resource("fdb", { ns: "node", dev: "vx", mac: MAC.far, dst: "192.168.50.12" }), lab);
  fdb.create(resource("fdb", { ns: "node", dev: "vx", mac: "00:00:00:00:00:00", dst: "192.168.50.13" }), lab);
  fdb.create(resource("fdb", { ns: "node", dev: "v0", mac: MAC.far }), lab);

  const commands = `
    ip -n NODE link add cni0 address ${MAC.bridge} mtu 1450 up type bridge stp_state 0 forward_delay 0
    ip -n NODE link add v0 address ${MAC.port} mtu 1450 type veth peer name eth0 address ${MAC.pod} mtu 1450 netns POD
    ip -n NODE link set v0 master cni0 up
    ip -n NODE link set v0 type bridge_slave hairpin on
    ip -n POD link set eth0 up
    ip -n NODE link add eth0 address 02:00:00:00:02:01 type veth peer name eth0 address 02:00:00:00:02:02 netns OUT
    ip -n NODE link set eth0 up
    ip -n OUT link set eth0 up
    ip -n NODE addr add 192.168.50.11/24 dev eth0
    ip -n NODE link add vx address ${MAC.vxlan} mtu 1450 up type vxlan id 1 dstport 8472 local 192.168.50.11 dev eth0 nolearning
    ip -n NODE addr add 10.244.0.0/32 dev vx
    ip -n NODE addr add fd00::1/64 dev cni0 nodad
    ip -n POD addr add 10.244.0.2/24 dev eth0
    ip -n POD addr add fd00::2/64 dev eth0 nodad
    ip -n POD route add default via 10.244.0.1 dev eth0 onlink
    ip -n POD route add default via fd00::1
    ip -n NODE route add 10.244.1.0/24 via 10.244.1.0 dev vx onlink mtu 1400
    ip -n NODE route add 10.9.0.0/16 dev eth0 table 1000 metric 9 src 192.168.50.11
    ip -n NODE route add blackhole 10.8.0.0/16
    ip -n NODE route add unreachable fd09::/64
    ip -n NODE rule add priority 99 from 10.244.0.0/16 iif cni0 fwmark 0x80/0x80 table 1000
    ip -n NODE neigh add 10.244.1.0 lladdr ${MAC.far} dev vx nud permanent
    bridge -n NODE fdb add ${MAC.far} dev vx dst 192.168.50.12
    bridge -n NODE fdb append 00:00:00:00:00:00 dev vx dst 192.168.50.13
    bridge -n NODE fdb add ${MAC.far} dev v0 master static`;
  for (const line of commands.trim().split("\n")) {
    const argv = line
      .trim()
      .replace(/\b(NODE|POD|OUT)\b/g, (ns) => `${lab.lab}.${ns.toLowerCase()}2`)
      .split(" ");
    lab.run("out2", ...argv);
  }

  // The kernel adds link-local addresses and their routes after the command, once its work queue has seen the carrier.
  for (const ns of ["pod", "node", "out"]) {
    await vi.waitFor(
      () => {
        expect(show(ns), `${ns} as iproute2 prints it`).toEqual(show(`${ns}2`));
        expect(view(ns), `${ns} as we observe it`).toEqual(view(`${ns}2`));
      },
      { timeout: 20_000, interval: 50 },
    );
  }
});

test("a veth has its peer's index", () => {
  lab.make("a", "b");
  veth.create(
    resource("veth", { ns: "a", name: "x", up: true, peer: { ns: "b", node: "b", name: "y", up: true } }),
    lab,
  );
  const [a, b] = [lab.observe("a"), lab.observe("b")].map((state) => state.links.find((one) => one.kind === "veth"));
  expect([a?.peerIndex, b?.peerIndex]).toEqual([b?.index, a?.index]);
  expect(a?.peerNetnsId).toBeTypeOf("number");
});

test("learned and failed entries are distinguished from permanent ones", () => {
  lab.make("a", "b");
  veth.create(
    resource("veth", { ns: "a", name: "eth0", up: true, peer: { ns: "b", node: "b", name: "eth0", up: true } }),
    lab,
  );
  addr.create(resource("addr", { ns: "a", dev: "eth0", address: "10.0.0.1/24", family: "ipv4" }), lab);
  addr.create(resource("addr", { ns: "b", dev: "eth0", address: "10.0.0.2/24", family: "ipv4" }), lab);
  lab.run("a", "ping", "-c1", "-w9", "-i0.2", "10.0.0.2"); // until the first answer
  const neighbour = lab.observe("a").neighs.find((one) => one.address === "10.0.0.2");
  expect(neighbour).toMatchObject({ dev: "eth0", address: "10.0.0.2", family: "ipv4" });
  expect(["reachable", "delay", "stale"]).toContain(neighbour?.state);
  expect(lab.observe("a").links.find((one) => one.name === "eth0")?.stats?.txPackets).toBeGreaterThan(0);
});
