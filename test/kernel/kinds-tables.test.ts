import { beforeEach, describe, expect, test } from "vitest";
import { addr } from "../../src/resources/addr/apply.ts";
import { bridge } from "../../src/resources/bridge/apply.ts";
import { fdb } from "../../src/resources/fdb/apply.ts";
import { neigh } from "../../src/resources/neigh/apply.ts";
import { ownRoute as route } from "../../src/resources/route/apply.ts";
import { rule } from "../../src/resources/rule/apply.ts";
import { veth } from "../../src/resources/veth/apply.ts";
import { vxlan } from "../../src/resources/vxlan/apply.ts";
import { resource, useNamespaces } from "./namespaces.ts";

const lab = useNamespaces("tables");
const ip4 = resource("addr", { ns: "a", dev: "eth0", address: "10.0.0.1/24", family: "ipv4" });
const ip6 = resource("addr", { ns: "a", dev: "eth0", address: "fd00::1/64", family: "ipv6" });

// a:eth0 10.0.0.1/24 fd00::1/64 <-> b:eth0
beforeEach(() => {
  lab.make("a", "b");
  veth.create(
    resource("veth", { ns: "a", name: "eth0", up: true, peer: { ns: "b", node: "b", name: "eth0", up: true } }),
    lab,
  );
  addr.create(ip4, lab);
  addr.create(ip6, lab);
});

const addresses = (): string[] =>
  lab
    .observe("a")
    .addrs.filter((one) => one.dev === "eth0" && one.scope !== "link")
    .map((one) => one.address);

/** For what the kernel does a moment later. */
const WAIT = { timeout: 20_000 };

describe("addr", () => {
  test("IPv6 can be used at once: no duplicate address detection", () => {
    expect(lab.observe("a").addrs.find((one) => one.address === "fd00::1/64")).toMatchObject({
      family: "ipv6",
      scope: "global",
      tentative: false,
    });
  });

  test("twice is the same as once; another prefix length of the same IPv6 address takes its place", () => {
    addr.create(ip4, lab);
    addr.create(ip6, lab);
    expect(addresses()).toEqual(["10.0.0.1/24", "fd00::1/64"]);
    addr.create({ ...ip6, address: "fd00::1/80" }, lab);
    expect(addresses()).toEqual(["10.0.0.1/24", "fd00::1/80"]);
  });

  test("another scope is set; removed twice", () => {
    addr.update({ ...ip4, scope: "link" }, ip4, lab);
    expect(lab.observe("a").addrs.find((one) => one.address === ip4.address)?.scope).toBe("link");
    for (const one of [ip4, ip4, ip6, ip6]) addr.remove(one, lab);
    expect(addresses()).toEqual([]);
  });

  test("the kernel's own routes of an address: seen when they are gone, back with the address", async () => {
    addr.create({ ...ip4, address: "10.0.1.0/31" }, lab);
    addr.create({ ...ip4, address: "10.0.2.1/32" }, lab);
    const missing = (): string[] => lab.observe("a").addrs.flatMap((one) => one.missingRoutes ?? []);
    await expect.poll(missing).toEqual([]);
    for (const route of ["10.0.0.0/24", "local 10.0.0.1 table local", "broadcast 10.0.0.255 table local"])
      lab.run("a", "ip", "route", "del", ...route.split(" "), "dev", "eth0");
    for (const route of ["fd00::/64", "fd00::1 table local", "multicast ff00::/8 table local"])
      lab.run("a", "ip", "-6", "route", "del", ...route.split(" "), "dev", "eth0");
    expect(missing().toSorted()).toEqual([
      "10.0.0.0/24 dev eth0",
      "broadcast 10.0.0.255 dev eth0",
      "fd00::/64 dev eth0",
      "local 10.0.0.1 dev eth0",
      "local fd00::1 dev eth0",
      "multicast ff00::/8 dev eth0",
    ]);
    for (const one of [ip4, ip6]) {
      addr.remove(one, lab);
      addr.create(one, lab);
    }
    // The kernel makes those of IPv6 a moment later.
    await expect.poll(missing).toEqual([]);
    // One that was put back by hand is as good.
    lab.run("a", "ip", "route", "del", "10.0.0.0/24", "dev", "eth0");
    lab.run("a", "ip", "route", "add", "10.0.0.0/24", "dev", "eth0");
    expect(missing()).toEqual([]);
    lab.run("a", "ip", "link", "set", "eth0", "down");
    expect(missing()).toEqual([]);
  });

  test("a device's link-local address and its routes: seen when they are gone, put back with the device", async () => {
    const device = resource("veth", { ns: "a", name: "eth0", up: true, peer: { ns: "b", node: "b", name: "eth0", up: true } }); // prettier-ignore
    const missing = (ns: string): readonly string[] =>
      lab.observe(ns).links.flatMap((one) => one.missingLinkLocal ?? []);
    const ipv6 = (ns: string, ...args: readonly string[]): void => void lab.run(ns, "ip", "-6", ...args);
    const found = (ns: string) =>
      lab.observe(ns).addrs.find(({ dev, family, scope }) => dev === "eth0" && family === "ipv6" && scope === "link");
    // No seconds of waiting for addresses that nobody else has.
    lab.run("a", "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0");
    for (const state of ["down", "up"]) lab.run("a", "ip", "link", "set", "eth0", state);
    await expect.poll(() => [found("a")?.tentative, found("b") !== undefined], WAIT).toEqual([false, true]);
    await expect.poll(() => [...missing("a"), ...missing("b")], WAIT).toEqual([]);
    const [own, other] = [found("a")?.address, found("b")?.address];
    ipv6("a", "route", "del", "fe80::/64", "dev", "eth0");
    ipv6("b", "addr", "flush", "dev", "eth0");
    expect([missing("a"), missing("b")]).toEqual([["route fe80::/64 dev eth0"], [`address ${other}`]]);
    veth.update(device, device, lab);
    await expect.poll(() => [...missing("a"), ...missing("b")], WAIT).toEqual([]);
    expect([found("a")?.address, found("b")?.address]).toEqual([own, other]);
    lab.run("a", "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1");
    expect(missing("a")).toEqual([]);
  });

  test.each([ip4, ip6])("$family without a route to its prefix: set, seen, and taken back", async (plain) => {
    const prefix = plain.family === "ipv4" ? "10.0.0.0/24" : "fd00::/64";
    const seen = (): unknown => {
      const { addrs, routes } = lab.observe("a");
      const found = addrs.find(({ address }) => address === plain.address);
      return [found?.prefixRoute, found?.missingRoutes, routes.some(({ to }) => to === prefix)];
    };
    // The kernel adds some routes of IPv6 addresses a moment later.
    await expect.poll(seen, WAIT).toEqual([undefined, undefined, true]);
    addr.update({ ...plain, prefixRoute: false }, plain, lab);
    await expect.poll(seen, WAIT).toEqual([false, undefined, false]);
    addr.create(plain, lab);
    await expect.poll(seen, WAIT).toEqual([undefined, undefined, true]);
  });

  test("a device recreated by hand gets the address, although its index is another", () => {
    lab.run("a", "ip", "link", "del", "eth0");
    lab.run("a", "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "x");
    addr.create(ip4, lab);
    expect(addresses()).toEqual(["10.0.0.1/24"]);
  });
});

describe("route", () => {
  const base = { ns: "a", family: "ipv4", type: "unicast", onlink: false, table: 254 } as const;
  const routes = (to: string) => lab.observe("a").routes.filter((one) => one.to === to);

  test("by gateway, onlink, source, metric, MTU, table", () => {
    route.create(resource("route", { ...base, to: "0.0.0.0/0", via: "10.0.0.254" }), lab);
    route.create(
      resource("route", {
        ...base,
        to: "10.1.0.0/16",
        via: "10.9.9.9",
        dev: "eth0",
        onlink: true,
        src: "10.0.0.1",
        metric: 50,
        mtu: 1400,
        table: 1000,
      }),
      lab,
    );
    expect(routes("0.0.0.0/0")).toMatchObject([
      { via: "10.0.0.254", dev: "eth0", table: 254, scope: "global", protocol: "boot" },
    ]);
    expect(routes("10.1.0.0/16")).toEqual([
      {
        family: "ipv4",
        to: "10.1.0.0/16",
        type: "unicast",
        via: "10.9.9.9",
        dev: "eth0",
        onlink: true,
        src: "10.0.0.1",
        metric: 50,
        mtu: 1400,
        table: 1000,
        scope: "global",
        protocol: "boot",
      },
    ]);
  });

  test("IPv6, blackhole, unreachable, prohibit, local, link scope", () => {
    const made = [
      resource("route", { ...base, family: "ipv6", to: "::/0", via: "fd00::2" }),
      resource("route", { ...base, family: "ipv6", to: "2001:db8::/32", type: "unreachable" }),
      resource("route", { ...base, to: "10.2.0.0/16", type: "blackhole" }),
      resource("route", { ...base, to: "10.3.0.0/16", type: "prohibit" }),
      resource("route", { ...base, to: "10.4.0.0/16", type: "local", dev: "lo", table: 255 }),
      resource("route", { ...base, to: "10.5.0.0/16", dev: "eth0" }),
    ];
    for (const one of made) route.create(one, lab);
    expect(routes("::/0")).toMatchObject([{ via: "fd00::2", metric: 1024 }]);
    expect(routes("2001:db8::/32")).toEqual([
      {
        family: "ipv6",
        to: "2001:db8::/32",
        type: "unreachable",
        onlink: false,
        metric: 1024,
        table: 254,
        scope: "global",
        protocol: "boot",
      },
    ]);
    expect(routes("10.2.0.0/16")).toMatchObject([{ type: "blackhole", scope: "global" }]);
    expect(routes("10.3.0.0/16")).toMatchObject([{ type: "prohibit" }]);
    expect(routes("10.4.0.0/16")).toMatchObject([{ type: "local", scope: "host", dev: "lo", table: 255 }]);
    expect(routes("10.5.0.0/16")).toMatchObject([{ scope: "link", dev: "eth0" }]);
    for (const one of [...made, ...made]) route.remove(one, lab);
    expect(lab.observe("a").routes.filter((one) => one.protocol === "boot")).toEqual([]);
  });

  test("several ways, with weights; whose route it is", () => {
    const hops = [
      { via: "10.0.0.2", dev: "eth0", weight: 1 },
      { via: "10.0.0.3", dev: "eth0", weight: 3 },
    ];
    const hops6 = hops.map(({ dev, weight }) => ({ via: `fd00::${weight + 4}`, dev, weight }));
    const made = [
      resource("route", { ...base, to: "10.6.0.0/16", nexthops: hops, protocol: "bird" }),
      resource("route", { ...base, family: "ipv6", to: "2001:db8:6::/48", nexthops: hops6, protocol: "80" }),
    ];
    for (const one of [...made, ...made]) route.create(one, lab);
    expect(lab.run("a", "ip", "route", "show", "10.6.0.0/16")).toMatch(
      /proto bird[^]*nexthop via 10.0.0.2 dev eth0 weight 1[^]*nexthop via 10.0.0.3 dev eth0 weight 3/,
    );
    expect(routes("10.6.0.0/16")).toMatchObject([{ nexthops: hops, protocol: "bird" }]);
    expect(routes("2001:db8:6::/48")).toMatchObject([{ nexthops: hops6, protocol: "80" }]);
    for (const one of made) route.update({ ...one, nexthops: one.nexthops?.toReversed() }, one, lab);
    expect(routes("10.6.0.0/16")).toMatchObject([{ nexthops: hops.toReversed() }]);
    for (const one of [...made, ...made]) route.remove(one, lab);
    expect([...routes("10.6.0.0/16"), ...routes("2001:db8:6::/48")]).toEqual([]);
  });

  test("twice is once; one that was changed by hand is put right; a new metric moves it", () => {
    const wished = resource("route", { ...base, to: "10.1.0.0/16", via: "10.0.0.254" });
    route.create(wished, lab);
    route.create(wished, lab);
    lab.run("a", "ip", "route", "replace", "10.1.0.0/16", "via", "10.0.0.9");
    route.create(wished, lab);
    expect(routes("10.1.0.0/16")).toMatchObject([{ via: "10.0.0.254" }]);
    route.update({ ...wished, metric: 7 }, wished, lab);
    expect(routes("10.1.0.0/16")).toMatchObject([{ via: "10.0.0.254", metric: 7 }]);
  });

  test("errors are the kernel's own words", () => {
    const far = resource("route", { ...base, to: "10.1.0.0/16", via: "172.16.0.1" });
    expect(() => route.create(far, lab)).toThrow("Error: Nexthop has invalid gateway. (ENETUNREACH)");
    const nowhere = resource("route", { ...base, to: "10.1.0.0/16", dev: "eth7" });
    expect(() => route.create(nowhere, lab)).toThrow(/Cannot find device "eth7" in .*\.a\. \(ENODEV\)/);
    expect(() => route.create(resource("route", { ...base, to: "10.1.0.9/16", dev: "eth0" }), lab)).toThrow("(EINVAL)");
  });
});

describe("rule", () => {
  const rules = () => lab.observe("a").rules.filter((one) => one.priority === 100);

  test("all selectors; twice is once; changed and removed", () => {
    const wished = resource("rule", {
      ns: "a",
      family: "ipv4",
      priority: 100,
      from: "10.0.0.0/24",
      to: "10.1.0.0/16",
      iif: "eth0",
      fwmark: "0x80/0xff",
      table: 1000,
    });
    rule.create(wished, lab);
    rule.create(wished, lab);
    expect(rules()).toEqual([
      {
        family: "ipv4",
        priority: 100,
        from: "10.0.0.0/24",
        to: "10.1.0.0/16",
        iif: "eth0",
        fwmark: "0x80/0xff",
        table: 1000,
      },
    ]);
    const changed = resource("rule", {
      ns: "a",
      family: "ipv4",
      priority: 100,
      oif: "eth0",
      fwmark: "0x1",
      table: 100,
    });
    rule.update(changed, wished, lab);
    expect(rules()).toEqual([{ family: "ipv4", priority: 100, oif: "eth0", fwmark: "0x1", table: 100 }]);
    rule.remove(changed, lab);
    rule.remove(changed, lab);
    expect(rules()).toEqual([]);
  });

  test("IPv6", () => {
    rule.create(resource("rule", { ns: "a", family: "ipv6", priority: 100, from: "fd00::/64", table: 100 }), lab);
    expect(rules()).toEqual([{ family: "ipv6", priority: 100, from: "fd00::/64", table: 100 }]);
  });
});

describe("neigh", () => {
  const nine = resource("neigh", {
    ns: "a",
    family: "ipv4",
    dev: "eth0",
    address: "10.0.0.9",
    mac: "02:00:00:00:00:09",
  });

  test("permanent, both families, put right when changed, removed twice", () => {
    const six = resource("neigh", {
      ns: "a",
      family: "ipv6",
      dev: "eth0",
      address: "fd00::9",
      mac: "02:00:00:00:00:09",
    });
    neigh.create(nine, lab);
    neigh.create(six, lab);
    lab.run("a", "ip", "neigh", "replace", "10.0.0.9", "lladdr", "02:00:00:00:00:07", "dev", "eth0");
    neigh.create(nine, lab);
    const expected = (address: string, family: string) => ({
      family,
      dev: "eth0",
      address,
      mac: "02:00:00:00:00:09",
      state: "permanent",
    });
    const found = lab.observe("a").neighs.filter((one) => one.state === "permanent");
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([expected("10.0.0.9", "ipv4"), expected("fd00::9", "ipv6")]));
    for (const one of [nine, nine, six]) neigh.remove(one, lab);
    expect(lab.observe("a").neighs.filter((one) => one.state === "permanent")).toEqual([]);
  });

  test("proxy entries, both families, beside a real neighbour with the same address", () => {
    const proxies = [
      resource("neigh", { ns: "a", family: "ipv4", dev: "eth0", address: "10.0.0.9" }),
      resource("neigh", { ns: "a", family: "ipv6", dev: "eth0", address: "fd00::9" }),
    ];
    neigh.create(nine, lab);
    for (const one of [...proxies, ...proxies]) neigh.create(one, lab);
    expect(lab.run("a", "ip", "neigh", "show", "proxy").trim().split(/ *\n/)).toEqual([
      "10.0.0.9 dev eth0 proxy",
      "fd00::9 dev eth0 proxy",
    ]);
    const found = () => lab.observe("a").neighs.map(({ address, state }) => `${address} ${state}`);
    expect(found()).toEqual(["10.0.0.9 permanent", "10.0.0.9 proxy", "fd00::9 proxy"]);
    for (const one of [...proxies, ...proxies]) neigh.remove(one, lab);
    expect(found()).toEqual(["10.0.0.9 permanent"]);
  });
});

describe("fdb", () => {
  test("VXLAN: one remote for a MAC, several for the all-zero MAC", () => {
    vxlan.create(resource("vxlan", { ns: "a", name: "vx", vni: 1, port: 8472, learn: false, up: true }), lab);
    const entry = (mac: string, dst: string) => resource("fdb", { ns: "a", dev: "vx", mac, dst });
    const found = () =>
      lab
        .observe("a")
        .fdb.filter((one) => one.dev === "vx")
        .map((one) => `${one.mac} ${one.dst} ${one.self} ${one.permanent}`)
        .sort();
    const nine = entry("02:00:00:00:00:09", "192.0.2.9");
    fdb.create(nine, lab);
    fdb.create(nine, lab);
    for (const dst of ["192.0.2.1", "192.0.2.2", "192.0.2.2"]) fdb.create(entry("00:00:00:00:00:00", dst), lab);
    expect(found()).toEqual([
      "00:00:00:00:00:00 192.0.2.1 true true",
      "00:00:00:00:00:00 192.0.2.2 true true",
      "02:00:00:00:00:09 192.0.2.9 true true",
    ]);
    fdb.update(entry(nine.mac, "192.0.2.8"), nine, lab);
    fdb.remove(entry("00:00:00:00:00:00", "192.0.2.1"), lab);
    fdb.remove(entry("00:00:00:00:00:00", "192.0.2.1"), lab);
    expect(found()).toEqual(["00:00:00:00:00:00 192.0.2.2 true true", "02:00:00:00:00:09 192.0.2.8 true true"]);
  });

  test("bridge port: a static entry, not an address of the bridge itself", () => {
    bridge.create(resource("bridge", { ns: "b", name: "br0", stp: false, up: true }), lab);
    lab.run("b", "ip", "link", "set", "eth0", "master", "br0");
    const entry = resource("fdb", { ns: "b", dev: "eth0", mac: "02:00:00:00:00:09" });
    fdb.create(entry, lab);
    fdb.create(entry, lab);
    const found = () => lab.observe("b").fdb.filter((one) => one.mac === entry.mac);
    expect(found()).toEqual([{ dev: "eth0", mac: entry.mac, permanent: true, local: false, self: false }]);
    expect(lab.run("b", "bridge", "fdb", "show", "br", "br0")).toContain(
      "02:00:00:00:00:09 dev eth0 master br0 static",
    );
    fdb.remove(entry, lab);
    fdb.remove(entry, lab);
    expect(found()).toEqual([]);
  });
});
