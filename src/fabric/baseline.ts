/**
 * Sysctls that every namespace starts from. A new namespace inherits IPv4 settings from the host's (net.core.devconf_inherit_init_net,
 * Documentation/admin-guide/sysctl/net.rst), so without these a lab would behave differently on a host with Docker.
 */
import { newSysctl } from "./specs.ts";
import { specsOf } from "./topology.ts";
import type { Spec, TopologyNode } from "./topology.ts";
import { because } from "../cause.ts";
import type { Cause } from "../cause.ts";
import type { Family } from "../net/family.ts";

const UNLIMITED = "ICMP errors are not rate-limited unless requested: each check sees its own refusal";

const UNFILTERED = "no reverse path filter unless requested, whatever the host's setting";
const AT_ONCE = "IPv6 addresses are usable at once, without duplicate address detection";

/** For a namespace whose addresses others will give it: what it would start from if they were known. */
export function baselineAhead(families: readonly Family[], several: boolean, cause: Cause): readonly Spec<"sysctl">[] {
  const sysctl = (key: string, reason: string, optional?: true): Spec<"sysctl"> =>
    newSysctl({ key, value: "0", ...(optional === undefined ? {} : { optional }), cause: because(cause, reason) });
  return [
    ...(several
      ? [sysctl("net.ipv4.conf.all.rp_filter", UNFILTERED), sysctl("net.ipv4.conf.default.rp_filter", UNFILTERED)]
      : []),
    ...(families.includes("ipv4") ? [sysctl("net.ipv4.icmp_ratemask", UNLIMITED, true)] : []),
    ...(families.includes("ipv6")
      ? [sysctl("net.ipv6.icmp.ratelimit", UNLIMITED, true), sysctl("net.ipv6.conf.default.accept_dad", AT_ONCE)]
      : []),
  ];
}

export function planBaseline(node: TopologyNode): readonly Spec<"sysctl">[] {
  const given = new Set(specsOf(node, "sysctl").map(({ key }) => key));
  const apart = new Set(["lo", ...specsOf(node, "dummy").map(({ name }) => name)]);
  const addresses = specsOf(node, "addr").filter(({ dev }) => !apart.has(dev));
  const out: Spec<"sysctl">[] = [];
  const add = (key: string, value: string, reason: string, ...aliases: string[]): void => {
    if (![key, ...aliases].some((it) => given.has(it)))
      out.push(newSysctl({ key, value, cause: because(node.cause, reason) }));
  };
  const addressed = new Set(addresses.filter(({ family }) => family === "ipv4").map(({ dev }) => dev));
  if (addressed.size > 1 || node.role === "internet") {
    add(
      "net.ipv4.ip_forward",
      "0",
      "forwarding is off unless requested, whatever the host's setting",
      "net.ipv4.conf.all.forwarding",
    );
    add("net.ipv4.conf.all.rp_filter", "0", UNFILTERED);
    add("net.ipv4.conf.default.rp_filter", "0", UNFILTERED);
  }
  const hasAddress = (six: boolean): boolean => addresses.some(({ family }) => (family === "ipv6") === six);
  // Types that are not in the mask are limited neither per destination nor by icmp_msgs_per_sec, which older kernels count
  // for the whole machine (net/ipv4/icmp.c, icmpv4_mask_allow).
  const unlimited = (key: string, alias: string): void => {
    if (![key, alias].some((it) => given.has(it)))
      out.push(newSysctl({ key, value: "0", optional: true, cause: because(node.cause, UNLIMITED) }));
  };
  if (hasAddress(false)) unlimited("net.ipv4.icmp_ratemask", "net.ipv4.icmp_ratelimit");
  if (hasAddress(true)) unlimited("net.ipv6.icmp.ratelimit", "net.ipv6.icmp.ratemask");
  if (hasAddress(true)) add("net.ipv6.conf.default.accept_dad", "0", AT_ONCE);
  return out;
}
