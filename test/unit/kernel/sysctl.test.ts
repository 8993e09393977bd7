import { describe, expect, test } from "vitest";
import { formatMark } from "../../../src/kernel/rtnl/rule.ts";
import { sameValue, sysctlPath } from "../../../src/kernel/sysctl.ts";

describe("sysctlPath", () => {
  test.each([
    ["net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"],
    ["net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward"],
    ["net/ipv4/conf/flannel.1/rp_filter", "/proc/sys/net/ipv4/conf/flannel.1/rp_filter"],
    ["net.ipv4.conf.flannel/1.rp_filter", "/proc/sys/net/ipv4/conf/flannel.1/rp_filter"],
  ])("%s", (key, path) => expect(sysctlPath(key)).toBe(path));

  test.each([
    "kernel.hostname",
    "vm/swappiness",
    "net",
    "net..ipv4",
    "net/../kernel/hostname",
    "net./..kernel",
    "/proc/sys/net/x",
    "../net.x",
    "",
  ])("%j never leaves /proc/sys/net", (key) => {
    let path: string | undefined;
    try {
      path = sysctlPath(key);
    } catch {
      return;
    }
    expect(new URL(`file://${path}`).pathname).toMatch(/^\/proc\/sys\/net\/./);
  });
});

test("sameValue: white space and the way of writing a number do not count, the value does", () => {
  expect(sameValue("1024\t65000\n", "1024 65000")).toBe(true);
  expect(sameValue("0x10", "16")).toBe(true);
  expect(sameValue("cubic", "cubic")).toBe(true);
  expect(sameValue("1", "0")).toBe(false);
  expect(sameValue("1 2", "1")).toBe(false);
});

test("formatMark leaves out a full mask, as iproute2", () => {
  expect([formatMark(0x80, 0x80), formatMark(1, 0xffffffff)]).toEqual(["0x80/0x80", "0x1"]);
});
