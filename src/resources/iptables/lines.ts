/**
 * Commands for iptables, in order, that bring our part of a table from one state to another. Only chains that
 * differ are written: own ones are emptied and filled again, in built-in ones our rules are removed and inserted.
 */
import type { Action } from "../operation.ts";
import type { IptablesResource } from "./definition.ts";
import { differing } from "./rule-set.ts";

export type IptablesLine = readonly string[];

function own(resource: IptablesResource | undefined): readonly string[] {
  return (resource?.chains ?? []).filter((chain) => !chain.builtin).map((chain) => chain.name);
}

type Chain = IptablesResource["chains"][number];

/** Our rules out of the built-in chains; a policy that we set goes back to the kernel's default. */
function withdraw(builtin: readonly Chain[], keepPolicies: ReadonlySet<string>): readonly IptablesLine[] {
  return [
    ...builtin
      .filter((chain) => chain.policy !== undefined && chain.policy !== "ACCEPT" && !keepPolicies.has(chain.name))
      .map((chain) => ["-P", chain.name, "ACCEPT"]),
    ...builtin.flatMap((chain) => chain.rules.map((rule) => ["-D", chain.name, ...rule.args])),
  ];
}

function fill(chains: readonly Chain[]): readonly IptablesLine[] {
  return [
    ...chains.flatMap((chain) => chain.rules.map((rule) => ["-A", chain.name, ...rule.args])),
    // Policies last: a DROP must not cut off what the rules allow.
    ...chains
      .filter((chain) => chain.builtin && chain.policy !== undefined)
      .map((chain) => ["-P", chain.name, chain.policy ?? "ACCEPT"]),
  ];
}

function sameRules(a: Chain, b: Chain): boolean {
  return (
    a.policy === b.policy &&
    a.rules.length === b.rules.length &&
    a.rules.every(({ args }, index) => {
      const other = b.rules[index]?.args ?? [];
      return args.length === other.length && args.every((word, at) => word === other[at]);
    })
  );
}

/** The chains that an update has to write: others already have what they should. */
function changedChains(resource: IptablesResource, before: IptablesResource | undefined): readonly Chain[] {
  if (before === undefined) return resource.chains;
  const there = new Map(before.chains.map((chain) => [chain.name, chain]));
  return resource.chains.filter((chain) => {
    const old = there.get(chain.name);
    return old === undefined || old.touched === true || !sameRules(chain, old);
  });
}

function update(resource: IptablesResource, before: IptablesResource | undefined): readonly IptablesLine[] {
  const there = new Set(own(before));
  const mine = new Set(own(resource));
  const chains = changedChains(resource, before);
  const write = new Set(chains.map((chain) => chain.name));
  const kept = new Set(resource.chains.filter((chain) => !write.has(chain.name)).map((chain) => chain.name));
  const gone = [...there].filter((name) => !mine.has(name));
  const policies = new Set(resource.chains.filter((chain) => chain.policy !== undefined).map((chain) => chain.name));
  const old = (before?.chains ?? []).filter((chain) => chain.builtin && !kept.has(chain.name));
  return [
    ...withdraw(old, policies),
    ...chains.filter((chain) => !chain.builtin).map(({ name }) => [there.has(name) ? "-F" : "-N", name]),
    ...gone.map((name) => ["-F", name]),
    ...fill(chains),
    ...gone.map((name) => ["-X", name]),
  ];
}

/** Commands for iptables(8), each without `-t TABLE`. `before` is what still exists of what was applied. */
export function iptablesLines(
  action: Action,
  resource: IptablesResource,
  before?: IptablesResource,
): readonly IptablesLine[] {
  const mine = own(resource);
  if (action === "update") {
    const [chains, old] = differing(resource.chains, before?.chains ?? []);
    return update({ ...resource, chains }, before && { ...before, chains: old });
  }
  if (action === "create") return [...mine.map((name) => ["-N", name]), ...fill(resource.chains)];
  const builtin = resource.chains.filter((chain) => chain.builtin);
  return [...withdraw(builtin, new Set()), ...mine.map((name) => ["-F", name]), ...mine.map((name) => ["-X", name])];
}
