/**
 * What has to be said to iptables, in order, to bring our part of a table from one state to another. Own chains are ours as a
 * whole: emptied and filled again. In built-in chains only our rules are taken out and put in.
 */
import type { Action } from "../plan/operation.ts";
import type { IptablesResource } from "../plan/resource.ts";

export type IptablesLine = readonly string[];

function own(resource: IptablesResource | undefined): readonly string[] {
  return (resource?.chains ?? []).filter((chain) => !chain.builtin).map((chain) => chain.name);
}

/** Our rules out of the built-in chains; a policy that we set goes back to the kernel's default. */
function withdraw(resource: IptablesResource, keepPolicies: ReadonlySet<string>): readonly IptablesLine[] {
  const builtin = resource.chains.filter((chain) => chain.builtin);
  return [
    ...builtin
      .filter((chain) => chain.policy !== undefined && chain.policy !== "ACCEPT" && !keepPolicies.has(chain.name))
      .map((chain) => ["-P", chain.name, "ACCEPT"]),
    ...builtin.flatMap((chain) => chain.rules.map((rule) => ["-D", chain.name, ...rule.args])),
  ];
}

function fill(resource: IptablesResource): readonly IptablesLine[] {
  return [
    ...resource.chains.flatMap((chain) => chain.rules.map((rule) => ["-A", chain.name, ...rule.args])),
    // Policies last: a DROP must not cut off what the rules allow.
    ...resource.chains
      .filter((chain) => chain.builtin && chain.policy !== undefined)
      .map((chain) => ["-P", chain.name, chain.policy ?? "ACCEPT"]),
  ];
}

/** Commands for iptables(8), each without `-t TABLE`. `before` is what is there of what was applied. */
export function iptablesLines(
  action: Action,
  resource: IptablesResource,
  before?: IptablesResource,
): readonly IptablesLine[] {
  const mine = own(resource);
  if (action === "delete")
    return [...withdraw(resource, new Set()), ...mine.map((name) => ["-F", name]), ...mine.map((name) => ["-X", name])];
  if (action === "create") return [...mine.map((name) => ["-N", name]), ...fill(resource)];
  const there = new Set(own(before));
  const gone = [...there].filter((name) => !mine.includes(name));
  const policies = new Set(resource.chains.filter((chain) => chain.policy !== undefined).map((chain) => chain.name));
  return [
    ...(before === undefined ? [] : withdraw(before, policies)),
    ...mine.map((name) => [there.has(name) ? "-F" : "-N", name]),
    ...gone.map((name) => ["-F", name]),
    ...fill(resource),
    ...gone.map((name) => ["-X", name]),
  ];
}
