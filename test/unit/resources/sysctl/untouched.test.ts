import { expect, test } from "vitest";
import type { NamespaceState, ObservedLink } from "../../../../src/resources/observed.ts";
import { strangeSysctls } from "../../../../src/resources/sysctl/untouched.ts";

const HOST = {
  "net.ipv4.ip_forward": ["1"],
  "net.ipv4.conf.default.forwarding": ["1"],
  "net.ipv4.conf.default.rp_filter": ["2"],
  "net.ipv4.conf.default.arp_ignore": ["1", "2"],
};

function found(
  sysctls: Record<string, string>,
  conf: Record<string, number>,
  set: Record<string, string> = {},
): string[] {
  const link = { name: "eth0", conf } as unknown as ObservedLink;
  const state = { links: [link, { ...link, name: "theirs" }], sysctls } as unknown as NamespaceState;
  return strangeSysctls(state, new Map(Object.entries(set)), new Set(["eth0"]), HOST).map(({ what }) => what);
}

test("what a namespace inherits from the host, or the kernel sets, is not foreign", () => {
  expect(found({ "net.ipv4.ip_forward": "1" }, { forwarding: 1, rp_filter: 2 })).toEqual([]);
  // The host's default has changed between two namespaces.
  expect(found({}, { arp_ignore: 2 })).toEqual([]);
  expect(found({}, { arp_ignore: 3 })).toHaveLength(1);
  expect(found({ "net.ipv4.ip_forward": "0", "net.ipv4.ip_default_ttl": "64" }, {})).toEqual([]);
  expect(strangeSysctls({ links: [], sysctls: { "net.ipv4.ip_default_ttl": "1" } } as unknown as NamespaceState, new Map(), new Set(), undefined)).toEqual([]); // prettier-ignore
});

test("a setting of one device differs from what the lab or the kernel gave it", () => {
  expect(found({ "net.ipv4.ip_forward": "1" }, {}, { "net.ipv4.conf.all.forwarding": "1" })).toEqual([
    "sysctl net.ipv4.conf.eth0.forwarding=0 (instead of 1)",
  ]);
  expect(found({}, { rp_filter: 1 }, { "net.ipv4.conf.default.rp_filter": "0" })).toEqual([
    "sysctl net.ipv4.conf.eth0.rp_filter=1 (instead of 0)",
  ]);
  // Set by the lab itself: compared as a resource.
  expect(found({}, { rp_filter: 1 }, { "net/ipv4/conf/eth0/rp_filter": "0" })).toEqual([]);
});

test("what sets all devices at once is named once", () => {
  expect(found({ "net.ipv4.ip_forward": "0" }, {}, { "net.ipv4.ip_forward": "1" })).toEqual([]);
  expect(found({ "net.ipv6.conf.all.disable_ipv6": "1" }, { disable_ipv6: 1 })).toEqual([
    "sysctl net.ipv6.conf.all.disable_ipv6=1 (instead of 0)",
  ]);
});
