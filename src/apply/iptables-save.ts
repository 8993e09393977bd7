/** Reads iptables-save's text: table → chain → policy and rules. */
import type { ObservedIptables } from "../resources/observed.ts";
import type { IptablesResource } from "../resources/iptables/definition.ts";
import type { KeepLines, Listings } from "../resources/listings.ts";

type Chains = Record<string, { policy: string; rules: readonly string[] }>;

const NO_RULES: readonly string[] = [];

/** Undefined where a table has no COMMIT: the tool was interrupted. Comments are ignored, counters left out. */
export function parseIptablesSave(lines: Iterable<string>, keep: KeepLines): ObservedIptables | undefined {
  const tables: Record<string, Chains> = {};
  let chains: Chains = {};
  let open = 0;
  /** The chain whose rules are being read. */
  let name = "";
  let rules: string[] = [];
  const close = (): void => {
    const chain = chains[name];
    if (chain !== undefined && rules.length > 0) chain.rules = keep(name, [...chain.rules, ...rules]);
    rules = [];
  };
  for (const line of lines) {
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+)(?: (.*))?$/.exec(line);
    if (rule !== null) {
      if (rule[1] !== name) close();
      name = rule[1] ?? "";
      rules.push((rule[2] ?? "").trimEnd());
    } else if (line.startsWith(":")) {
      const [chain = "", policy = "-"] = line.slice(1).split(" ", 2);
      chains[chain] = { policy, rules: NO_RULES };
    } else if (line.startsWith("*")) {
      chains = {};
      tables[line.slice(1).trim()] = chains;
      open++;
    } else if (line === "COMMIT") {
      close();
      open--;
    }
  }
  return open === 0 ? tables : undefined;
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
