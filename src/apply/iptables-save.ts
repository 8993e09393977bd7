/** Reads iptables-save's text: table → chain → policy and rules. */
import type { ObservedIptables } from "../resources/observed.ts";
import type { IptablesResource } from "../resources/iptables/definition.ts";
import type { Listings } from "../resources/listings.ts";

type Chains = Record<string, { policy: string; rules: string[] }>;

/** Lines that are neither table, chain nor rule (comments, COMMIT) are ignored. Counters are left out. */
export function parseIptablesSave(text: string): ObservedIptables {
  const tables: Record<string, Chains> = {};
  let chains: Chains = {};
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) {
      chains = {};
      tables[line.slice(1).trim()] = chains;
      continue;
    }
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain !== null) {
      chains[chain[1] ?? ""] = { policy: chain[2] ?? "-", rules: [] };
      continue;
    }
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+)(?: (.*))?$/.exec(line);
    if (rule !== null) chains[rule[1] ?? ""]?.rules.push((rule[2] ?? "").trimEnd());
  }
  return tables;
}

/** Each table ends with COMMIT. */
export function isWhole(text: string): boolean {
  return (text.match(/^\*/gm)?.length ?? 0) === (text.match(/^COMMIT$/gm)?.length ?? 0);
}

/** What the kernel holds of a resource's chains. */
export function fingerprintOf(resource: IptablesResource, observed: ObservedIptables): Listings {
  const chains: Record<string, readonly string[]> = {};
  for (const { name } of resource.chains) {
    const found = observed[resource.table]?.[name];
    if (found !== undefined) chains[name] = found.rules;
  }
  return chains;
}
