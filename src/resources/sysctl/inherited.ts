/**
 * What a namespace has before a lab sets anything in it: a new one takes IPv4 settings from the host's at that moment
 * (net.core.devconf_inherit_init_net, Documentation/admin-guide/sysctl/net.rst), a machine's own is as its engine made it.
 */
import { IPV4_CONF } from "../../net/ipv4-conf.ts";

/** By sysctl key, all values that namespaces of the lab began with. */
export type InheritedValues = Readonly<Record<string, readonly string[]>>;

/** By sysctl key, where new devices take it from. */
export function deviceKeys(device: string): ReadonlyMap<string, string> {
  return new Map([
    ...[...IPV4_CONF.values()].map(
      (word) => [`net/ipv4/conf/${device}/${word}`, `net.ipv4.conf.default.${word}`] as const,
    ),
    [`net/ipv6/conf/${device}/disable_ipv6`, "net.ipv6.conf.default.disable_ipv6"],
  ]);
}

/** What is new in `values`; undefined: nothing. */
export function newlyInherited(values: InheritedValues, known: InheritedValues): InheritedValues | undefined {
  const news = Object.entries(values).flatMap(([key, some]) => {
    const more = some.filter((value) => known[key]?.includes(value) !== true);
    return more.length === 0 ? [] : [[key, more] as const];
  });
  return news.length === 0 ? undefined : Object.fromEntries(news);
}

export function mergeInherited(all: readonly InheritedValues[]): InheritedValues {
  const merged: Record<string, readonly string[]> = {};
  for (const values of all)
    for (const [key, some] of Object.entries(values)) merged[key] = [...new Set([...(merged[key] ?? []), ...some])];
  return merged;
}
