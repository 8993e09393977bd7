/**
 * Our part of an iptables table. iptables rewrites what it is given, so the current rules are compared with what iptables-save
 * showed right after it was applied: own chains as a whole, in built-in chains only our rules, in their order.
 */
import { formatIptablesArgs } from "./table-words.ts";
import { FELIX_CHAIN, POLICY_CHAIN, policyDuty, SERVICE_CHAINS, serviceDuty } from "../policy-names.ts";
import type { IptablesResource } from "./definition.ts";
import { surplus } from "./strange-rules.ts";
import { changed, ids, MISSING, type KindPlan } from "../kind.ts";
import type { ObservedIndex } from "../observed-index.ts";

type Chain = IptablesResource["chains"][number];

function observedTable(
  resource: IptablesResource,
  observed: ObservedIndex,
): Readonly<Record<string, { readonly policy: string; readonly rules: readonly string[] }>> {
  return observed.namespace(resource.ns)?.state.iptables[resource.family]?.[resource.table] ?? {};
}

/** Rules of `wanted` that are not in `actual` in this order; others may be between them. */
function missingInOrder(wanted: readonly string[], actual: readonly string[]): readonly string[] {
  const missing: string[] = [];
  let at = 0;
  for (const rule of wanted) {
    const found = actual.indexOf(rule, at);
    if (found < 0) missing.push(rule);
    else at = found + 1;
  }
  return missing;
}

/** What iptables-save showed of our rules in a chain: they were appended, so in a built-in chain they are the last ones. */
function savedRules(chain: Chain, saved: readonly string[] | undefined): readonly string[] {
  if (saved === undefined) return [];
  return chain.builtin ? saved.slice(Math.max(0, saved.length - chain.rules.length)) : saved;
}

/** One missing rule in full, several by number. */
function missingRules(chain: string, expected: readonly string[], actual: readonly string[]): readonly string[] {
  if (expected === actual) return []; // as mostly where a state has come in portions
  const missing = missingInOrder(expected, actual);
  if (missing.length > 1) return [`${chain}: ${missing.length} of ${expected.length} rules are missing`];
  return missing.map((rule) => `${chain}: rule ${rule} is missing`);
}

function chainDifferences(
  chain: Chain,
  expected: readonly string[],
  actual: { readonly policy: string; readonly rules: readonly string[] } | undefined,
): readonly string[] {
  if (chain.builtin) {
    const missing = missingRules(chain.name, expected, actual?.rules ?? []);
    const policy = actual?.policy ?? "ACCEPT";
    return chain.policy === undefined || chain.policy === policy
      ? missing
      : [...missing, `${chain.name}: policy is ${policy}, should be ${chain.policy}`];
  }
  if (actual === undefined) return [`chain ${chain.name} is missing`];
  const missing = missingRules(chain.name, expected, actual.rules);
  if (missing.length > 0 || actual.rules.length === expected.length) return missing;
  return surplus(actual.rules, expected).map((rule) => `${chain.name}: rule ${rule} is not part of this lab`);
}

/** Names after `--match-set` and `--add-set`: the kernel refuses rules whose sets do not exist. */
function setsOf(iptables: IptablesResource): readonly string[] {
  const names = new Set<string>();
  for (const chain of iptables.chains)
    for (const { args } of chain.rules)
      for (let at = args.indexOf("--match-set"); at >= 0; at = args.indexOf("--match-set", at + 1))
        names.add(args[at + 1] ?? "");
  return [...names];
}

export const iptablesPlan: KindPlan<IptablesResource> = {
  dependencies(iptables, index) {
    const home = ids(index.netns(iptables.ns));
    return {
      needs: [
        ...home,
        ...ids(...setsOf(iptables).map((name) => index.ipset(iptables.ns, name))),
        // Nothing is sent to a port that has no listener yet, or no longer.
        ...(iptables.table === "nat" ? index.proxies(iptables.ns, iptables.family) : []),
      ],
      diesWith: home,
    };
  },
  compare(iptables, observed) {
    const after = observed.state.iptablesAfterApply[iptables.id];
    const applied = observed.state.applied[iptables.id];
    if (applied?.kind !== "iptables") return MISSING;
    // The agent died between journal and kernel: filled again from scratch.
    if (after === undefined) return changed(["not known whether it was applied"]);
    const table = observedTable(applied, observed);
    // What was applied is what can be missing; how the lab file differs from it is known without the kernel.
    return changed(
      applied.chains.flatMap((chain) =>
        chainDifferences(chain, savedRules(chain, after[chain.name]), table[chain.name]),
      ),
    );
  },
  rulesAbout({ chains }, difference) {
    const chain = chains.find(
      ({ name }) =>
        difference.startsWith(`${name}:`) ||
        difference.startsWith(`${name} `) ||
        difference === `chain ${name} is missing`,
    );
    return chain === undefined || chain.builtin ? undefined : chain.rules.map(({ args }) => args.join(" "));
  },
  replaces: () => false,
  usesUnsaid: true,
  upholds: ({ ns, family, chains }) => [
    ...(chains.some(({ name }) => name === POLICY_CHAIN || name === FELIX_CHAIN) ? [policyDuty(ns, family)] : []),
    ...(chains.some((chain) => SERVICE_CHAINS.has(chain.name)) ? [serviceDuty(ns, family)] : []),
  ],
  present(applied, observed) {
    const after = observed.state.iptablesAfterApply[applied.id] ?? {};
    const table = observedTable(applied, observed);
    const chains: Chain[] = [];
    for (const chain of applied.chains) {
      const actual = table[chain.name];
      const saved = savedRules(chain, after[chain.name]);
      const differences = chainDifferences(chain, saved, actual);
      // What is not known, or not as we made it, is written again.
      const touched = after[chain.name] === undefined || differences.length > 0 ? { touched: true } : {};
      if (!chain.builtin) {
        if (actual !== undefined) chains.push({ ...chain, ...touched });
        continue;
      }
      const left = [...(actual?.rules ?? [])];
      const rules = chain.rules.filter((rule, index) => {
        const text = saved[index] ?? formatIptablesArgs(rule.args);
        const at = text === undefined ? -1 : left.indexOf(text);
        if (at >= 0) left.splice(at, 1);
        return at >= 0;
      });
      chains.push({ ...chain, ...touched, rules });
    }
    return { ...applied, chains };
  },
};
