import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { addr } from "../../src/resources/addr/apply.ts";
import { bridge } from "../../src/resources/bridge/apply.ts";
import { macvlan } from "../../src/resources/macvlan/apply.ts";
import { netns } from "../../src/resources/netns/apply.ts";
import { veth } from "../../src/resources/veth/apply.ts";
import { vxlan } from "../../src/resources/vxlan/apply.ts";
import { closeNetns } from "../../src/kernel/netns.ts";
import type { ObservedLink } from "../../src/resources/observed.ts";
import { resource, useNamespaces } from "./namespaces.ts";

const lab = useNamespaces("links");

function link(ns: string, name: string): ObservedLink | undefined {
  return lab.observe(ns).links.find((one) => one.name === name);
}

const pair = resource("veth", {
  ns: "a",
  name: "eth0",
  up: true,
  peer: { ns: "b", node: "b", name: "eth0", up: true },
});
const br0 = resource("bridge", { ns: "sw", name: "br0", stp: false, up: true });

describe("netns", () => {
  test("lo is up, and making it twice is the same as once", () => {
    lab.make("a");
    const { inode } = lab.netns("a");
    lab.make("a");
    expect(lab.netns("a").inode).toBe(inode);
    expect(link("a", "lo")).toMatchObject({ kind: "loopback", up: true, mtu: 65536 });
  });

  test("one that was removed by hand is recreated", () => {
    lab.make("a");
    const { inode } = lab.netns("a");
    lab.run("a", "ip", "netns", "del", `${lab.lab}.a`);
    lab.make("a");
    expect(lab.netns("a").inode).not.toBe(inode);
    expect(link("a", "lo")?.up).toBe(true);
  });

  test("a foreign one of the same name is refused and left alone", () => {
    lab.make("a");
    const handle = lab.netns("a");
    lab.forgetNetns("a");
    expect(() => netns.create(resource("netns", { ns: "a", role: "pod" }), lab)).toThrow(
      /already exists and does not belong to this lab; .*ip netns del/,
    );
    lab.registerNetns("a", handle);
    expect(link("a", "lo")?.up).toBe(true);
  });

  test("one that was made by hand in the place of ours is left alone, though the kernel gives inodes again", () => {
    const removed = { ...resource("netns", { ns: "a", role: "host" }), id: "netns:a" };
    const name = `${lab.lab}.a`;
    const said: string[] = [];
    netns.create(removed, lab);
    closeNetns(lab.netns("a"));
    lab.forgetNetns("a");
    execFileSync("ip", ["netns", "del", name]);
    execFileSync("ip", ["netns", "add", name]);
    netns.remove(removed, {
      lab: lab.lab,
      identities: lab.identities,
      netns: (ns) => lab.netns(ns),
      find: (ns) => lab.find(ns),
      registerNetns: () => undefined,
      forgetNetns: () => undefined,
      say: (text) => said.push(text),
    });
    expect(said).toEqual([expect.stringContaining(`network namespace ${name} and what runs in it are left alone`)]);
    execFileSync("ip", ["netns", "del", name]);
  });
});

// a:eth0 <-> b:eth0
describe("veth", () => {
  test("both ends are made in their namespaces and go up", () => {
    lab.make("a", "b");
    veth.create(
      { ...pair, mac: "02:00:00:00:00:01", mtu: 1400, peer: { ...pair.peer, mac: "02:00:00:00:00:02", mtu: 1300 } },
      lab,
    );
    expect(link("a", "eth0")).toMatchObject({ kind: "veth", mac: "02:00:00:00:00:01", mtu: 1400, up: true });
    expect(link("b", "eth0")).toMatchObject({
      kind: "veth",
      mac: "02:00:00:00:00:02",
      mtu: 1300,
      up: true,
      carrier: true,
    });
  });

  test("the peer goes up although its namespace is not in use", async () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    expect(lab.run("b", "cat", "/sys/class/net/eth0/flags").trim()).toBe("0x1002");
    await expect.poll(() => lab.run("b", "cat", "/sys/class/net/eth0/flags").trim(), { timeout: 2000 }).toBe("0x1003");
  });

  test("made twice: the same devices, and what differs is set", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    const index = link("a", "eth0")?.index;
    veth.create({ ...pair, mtu: 1450, peer: { ...pair.peer, up: false } }, lab);
    expect(link("a", "eth0")).toMatchObject({ index, mtu: 1450 });
    expect(link("b", "eth0")?.up).toBe(false);
  });

  test("an end that belongs to another pair is recreated with its own peer", () => {
    lab.make("a", "b");
    lab.run("b", "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other");
    veth.create(pair, lab);
    const { index, peerIndex } = lab.observe("b").links.find((one) => one.name === "eth0") ?? {};
    expect(lab.observe("a").links.find((one) => one.name === "eth0")).toMatchObject({
      index: peerIndex,
      peerIndex: index,
    });
    expect(link("b", "other")).toBeUndefined();
  });

  test("a device of another kind in its place is an error that names it", () => {
    lab.make("a", "b");
    lab.run("a", "ip", "link", "add", "eth0", "type", "bridge");
    expect(() => veth.create(pair, lab)).toThrow(/eth0 in .*\.a already exists and is a bridge, not a veth/);
  });

  test("removed once or twice, with one namespace gone too", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    veth.remove(pair, lab);
    expect(link("b", "eth0")).toBeUndefined();
    veth.remove(pair, lab);
    veth.create(pair, lab);
    netns.remove(resource("netns", { ns: "b", role: "host" }), lab);
    veth.remove(pair, lab);
    expect(link("a", "eth0")).toBeUndefined();
  });

  test("both ends in one namespace", () => {
    lab.make("a");
    veth.create({ ...pair, name: "x", peer: { ns: "a", node: "a", name: "y", up: true } }, lab);
    expect([link("a", "x")?.carrier, link("a", "y")?.up]).toEqual([true, true]);
  });
});

// a:eth0 <-> sw:p0 [br0]
describe("bridge", () => {
  test("STP off means no forwarding delay; ageing in seconds", () => {
    lab.make("sw");
    bridge.create({ ...br0, ageingSeconds: 20, mac: "02:00:00:00:00:09", mtu: 1450 }, lab);
    expect(link("sw", "br0")).toMatchObject({
      kind: "bridge",
      stp: false,
      ageingSeconds: 20,
      mac: "02:00:00:00:00:09",
      mtu: 1450,
      up: true,
    });
    expect(lab.run("sw", "ip", "-d", "link", "show", "br0")).toContain("forward_delay 0 ");
    bridge.update({ ...br0, stp: true }, { ...br0, ageingSeconds: 20 }, lab);
    expect(link("sw", "br0")).toMatchObject({ stp: true, ageingSeconds: 300 });
  });

  test("port flags are set, and put back when no longer wished", () => {
    lab.make("a", "sw");
    bridge.create(br0, lab);
    const port = { ns: "sw", node: "sw", name: "p0", master: "br0", up: true };
    const flagged = resource("veth", {
      ns: "a",
      name: "eth0",
      up: true,
      peer: { ...port, hairpin: true, isolated: true, learning: false },
    });
    veth.create(flagged, lab);
    expect(link("sw", "p0")).toMatchObject({
      master: "br0",
      hairpin: true,
      isolated: true,
      learning: false,
      carrier: true,
    });
    veth.update({ ...flagged, peer: port }, flagged, lab);
    expect(link("sw", "p0")).toMatchObject({ master: "br0", hairpin: false, isolated: false, learning: true });
    veth.update({ ...flagged, peer: { ...port, master: undefined } }, flagged, lab);
    expect(link("sw", "p0")?.master).toBeUndefined();
  });

  test("a port of a bridge that was removed and recreated by hand joins the new one", () => {
    lab.make("a", "sw");
    bridge.create(br0, lab);
    const port = resource("veth", {
      ns: "a",
      name: "eth0",
      up: true,
      peer: { ns: "sw", node: "sw", name: "p0", master: "br0", up: true },
    });
    veth.create(port, lab);
    lab.run("sw", "ip", "link", "del", "br0");
    lab.run("sw", "ip", "link", "add", "br0", "type", "bridge");
    bridge.create(br0, lab);
    veth.update(port, port, lab);
    expect(link("sw", "p0")?.master).toBe("br0");
    expect(link("sw", "br0")?.up).toBe(true);
  });

  test("a new port of a bridge that was recreated by hand, unobserved", () => {
    lab.make("a", "sw");
    bridge.create(br0, lab);
    const port = (name: string) =>
      resource("veth", { ns: "a", name, up: true, peer: { ns: "sw", node: "sw", name, master: "br0", up: true } });
    veth.create(port("p0"), lab);
    lab.run("sw", "ip", "link", "del", "br0");
    lab.run("sw", "ip", "link", "add", "br0", "type", "bridge");
    veth.create(port("p1"), lab);
    expect(link("sw", "p1")?.master).toBe("br0");
  });

  test("frames pass at once: no listening or learning state", () => {
    lab.make("a", "sw");
    bridge.create(br0, lab);
    veth.create(
      resource("veth", {
        ns: "a",
        name: "eth0",
        up: true,
        peer: { ns: "sw", node: "sw", name: "p0", master: "br0", up: true },
      }),
      lab,
    );
    addr.create(resource("addr", { ns: "a", dev: "eth0", address: "10.0.0.1/24", family: "ipv4" }), lab);
    addr.create(resource("addr", { ns: "sw", dev: "br0", address: "10.0.0.2/24", family: "ipv4" }), lab);
    expect(lab.run("a", "ping", "-c1", "-W1", "10.0.0.2")).toContain("1 received");
  });
});

describe("vxlan", () => {
  const vx = resource("vxlan", {
    ns: "a",
    name: "flannel.1",
    vni: 1,
    port: 8472,
    local: "192.0.2.1",
    dev: "eth0",
    learn: false,
    mtu: 1450,
    up: true,
  });

  test("over IPv4 with device, over IPv6, learning or not", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    vxlan.create(vx, lab);
    expect(link("a", "flannel.1")).toMatchObject({
      kind: "vxlan",
      mtu: 1450,
      up: true,
      vxlan: { vni: 1, port: 8472, local: "192.0.2.1", dev: "eth0", learn: false },
    });
    const six = resource("vxlan", {
      ns: "a",
      name: "vx6",
      vni: 7,
      port: 4789,
      local: "2001:db8::1",
      remote: "2001:db8::2",
      learn: true,
      up: false,
    });
    vxlan.create(six, lab);
    expect(link("a", "vx6")).toMatchObject({
      up: false,
      vxlan: { vni: 7, port: 4789, local: "2001:db8::1", remote: "2001:db8::2", learn: true },
    });
  });

  test("what the kernel can change is changed in place, a new VNI or port recreates it", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    vxlan.create(vx, lab);
    vxlan.create(vx, lab);
    const index = link("a", "flannel.1")?.index;
    vxlan.update({ ...vx, local: "192.0.2.9", remote: "192.0.2.8", learn: true }, vx, lab);
    expect(link("a", "flannel.1")).toMatchObject({
      index,
      vxlan: { local: "192.0.2.9", remote: "192.0.2.8", learn: true },
    });
    vxlan.update({ ...vx, port: 4789, vni: 2 }, vx, lab);
    expect(link("a", "flannel.1")).toMatchObject({ mtu: 1450, vxlan: { vni: 2, port: 4789, local: "192.0.2.1" } });
    expect(link("a", "flannel.1")?.vxlan?.remote).toBeUndefined();
    vxlan.remove(vx, lab);
    vxlan.remove(vx, lab);
    expect(link("a", "flannel.1")).toBeUndefined();
  });

  test("an underlay device that is not there is named", () => {
    lab.make("a");
    expect(() => vxlan.create(vx, lab)).toThrow(/Cannot find device "eth0" in .*\.a/);
  });
});

// a:eth0 <-> b:eth0, and a:mv0 on a:eth0; other types are built in a virtual machine (links-vm.test.ts)
describe("macvlan", () => {
  const mv0 = resource("macvlan", {
    ns: "a",
    name: "mv0",
    type: "macvlan",
    link: "eth0",
    data: { mode: "bridge" },
    up: true,
  });

  test("made, changed by hand and restored, replaced for another mode, removed", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    macvlan.create(mv0, lab);
    expect(link("a", "mv0")).toMatchObject({ kind: "macvlan", link: "eth0", data: { mode: "bridge" }, up: true });
    lab.run("a", "ip", "link", "set", "mv0", "down");
    lab.run("a", "ip", "link", "set", "mv0", "mtu", "1400");
    macvlan.update({ ...mv0, mtu: 1500 }, mv0, lab);
    expect(link("a", "mv0")).toMatchObject({ mtu: 1500, up: true });
    macvlan.update({ ...mv0, data: { mode: "private" } }, mv0, lab);
    expect(link("a", "mv0")?.data).toEqual({ mode: "private" });
    macvlan.create({ ...mv0, data: { mode: "private" } }, lab);
    macvlan.remove(mv0, lab);
    macvlan.remove(mv0, lab);
    expect(link("a", "mv0")).toBeUndefined();
  });

  test("a device of another kind under its name is left alone", () => {
    lab.make("a", "b");
    veth.create(pair, lab);
    lab.run("a", "ip", "link", "add", "mv0", "type", "bridge");
    expect(() => macvlan.create(mv0, lab)).toThrow(/mv0 in \S+ already exists and is a bridge, not a macvlan/);
    macvlan.remove(mv0, lab);
    expect(link("a", "mv0")?.kind).toBe("bridge");
  });
});
