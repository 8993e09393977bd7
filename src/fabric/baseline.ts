/**
 * Sysctls that every namespace starts from. A new namespace inherits IPv4 settings from the host's (net.core.devconf_inherit_init_net,
 * Documentation/admin-guide/sysctl/net.rst), so without these a lab would behave differently on a host with Docker.
 */
import { newSysctl } from "./specs.ts";
import { specsOf } from "./topology.ts";
import type { Spec, TopologyNode } from "./topology.ts";
import { because } from "../cause.ts";

const UNLIMITED = "ICMP errors are not rate-limited unless requested: each check sees its own refusal";

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
    add("net.ipv4.conf.all.rp_filter", "0", "no reverse path filter unless requested, whatever the host's setting");
    add("net.ipv4.conf.default.rp_filter", "0", "no reverse path filter unless requested, whatever the host's setting");
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
  if (hasAddress(true))
    add(
      "net.ipv6.conf.default.accept_dad",
      "0",
      "IPv6 addresses are usable at once, without duplicate address detection",
    );
  return out;
}
