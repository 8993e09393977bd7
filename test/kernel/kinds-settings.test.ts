import { beforeEach, describe, expect, test } from "vitest";
import { qdisc } from "../../src/resources/qdisc/apply.ts";
import { sysctl } from "../../src/resources/sysctl/apply.ts";
import { veth } from "../../src/resources/veth/apply.ts";
import { vxlan } from "../../src/resources/vxlan/apply.ts";
import { resource, useNamespaces } from "./namespaces.ts";

const lab = useNamespaces("settings");

// a:eth0 <-> b:eth0
beforeEach(() => {
  lab.make("a", "b");
  veth.create(
    resource("veth", { ns: "a", name: "eth0", up: true, peer: { ns: "b", node: "b", name: "eth0", up: true } }),
    lab,
  );
});

describe("sysctl", () => {
  const set = (key: string, value: string) => sysctl.create(resource("sysctl", { ns: "a", key, value }), lab);

  test("dotted and slashed names, a device with a dot in its name, several numbers", () => {
    vxlan.create(resource("vxlan", { ns: "a", name: "flannel.1", vni: 1, port: 8472, learn: false, up: true }), lab);
    set("net.ipv4.ip_forward", "1");
    set("net/ipv4/conf/flannel.1/rp_filter", "2");
    set("net.ipv4.conf.flannel/1.arp_ignore", "1");
    set("net.ipv4.ip_local_port_range", "2000 3000");
    expect(
      lab.observe(
        "a",
        "net.ipv4.ip_forward",
        "net/ipv4/conf/flannel.1/rp_filter",
        "net/ipv4/conf/flannel.1/arp_ignore",
        "net.ipv4.ip_local_port_range",
        "net.nope",
      ).sysctls,
    ).toEqual({
      "net.ipv4.ip_forward": "1",
      "net/ipv4/conf/flannel.1/rp_filter": "2",
      "net/ipv4/conf/flannel.1/arp_ignore": "1",
      "net.ipv4.ip_local_port_range": "2000 3000",
    });
    expect(lab.observe("b", "net.ipv4.ip_local_port_range").sysctls).not.toMatchObject({
      "net.ipv4.ip_local_port_range": "2000 3000",
    });
  });

  test("when removed, it has its earlier value again, unless another process has changed it", () => {
    const known = new Map<string, string>();
    const former = {
      get: (id: string) => known.get(id),
      keep: (id: string, value: string) => void known.set(id, value),
    };
    const context = {
      ...lab,
      netns: () => lab.netns("a"),
      find: () => lab.netns("a"),
      former,
    } as unknown as typeof lab;
    const ttl = (value: string) => resource("sysctl", { ns: "a", key: "net.ipv4.ip_default_ttl", value });
    const now = () => lab.observe("a", "net.ipv4.ip_default_ttl").sysctls["net.ipv4.ip_default_ttl"];
    const before = now();
    sysctl.create(ttl("10"), context);
    sysctl.update(ttl("20"), ttl("10"), context);
    expect(now()).toBe("20");
    sysctl.remove(ttl("20"), context);
    expect(now()).toBe(before);
    sysctl.create(ttl("10"), context);
    set("net.ipv4.ip_default_ttl", "33");
    sysctl.remove(ttl("10"), context);
    expect(now()).toBe("33");
  });

  test("the host's own are refused before anything is written", () => {
    for (const key of [
      "kernel.hostname",
      "vm.swappiness",
      "net.../../kernel/hostname",
      "net/../kernel/hostname",
      "/etc/passwd",
    ]) {
      expect(() => set(key, "1")).toThrow(/only net\.\* can be set|is not a valid name/);
    }
  });

  test("unknown, invalid, and taken silently but not kept", () => {
    expect(() => set("net.ipv4.nope", "1")).toThrow(/has no such sysctl \(ENOENT\)/);
    expect(() => set("net.ipv4.ip_default_ttl", "999")).toThrow(/does not accept this value \(EINVAL\)/);
    expect(() => set("net.ipv4.ip_local_reserved_ports", "1000,1001")).toThrow(/without an error but has 1000-1001/);
  });
});

describe("qdisc", () => {
  const tbf = resource("qdisc", { ns: "a", dev: "eth0", rate: 10_000_000, burst: 32_768, latency: 50 });
  const found = () => lab.observe("a").qdiscs;

  test.each([
    [10_000_000, 32_768, 50],
    [1_000_000, 10_000, 400],
    [5_000_000_000, 1_000_000, 10],
    [64_000, 1600, 100],
    [40_000_000_000, 5_000_000, 10],
  ])("%d bit/s, burst %d, latency %d ms come back as they were given", (rate, burst, latency) => {
    qdisc.create({ ...tbf, rate, burst, latency }, lab);
    expect(found()).toEqual([{ dev: "eth0", kind: "tbf", rate, burst, latency }]);
  });

  test("the same as tc makes, changed in place, removed twice", () => {
    lab.run(
      "b",
      "tc",
      "qdisc",
      "add",
      "dev",
      "eth0",
      "root",
      "tbf",
      "rate",
      "10mbit",
      "burst",
      "32kb",
      "latency",
      "50ms",
    );
    qdisc.create(tbf, lab);
    expect(found()).toEqual(lab.observe("b").qdiscs);
    qdisc.update({ ...tbf, rate: 20_000_000 }, tbf, lab);
    expect(found()).toMatchObject([{ rate: 20_000_000 }]);
    qdisc.remove(tbf, lab);
    qdisc.remove(tbf, lab);
    expect(found()).toEqual([]);
  });
});
