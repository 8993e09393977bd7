/** From an installed rule back to the line of YAML that caused it. Own chains hold exactly the lab's rules, in their order. */
import { formatCause } from "../cause.ts";
import type { Cause } from "../cause.ts";
import { IPVS_TABLE } from "./ipvs-walk.ts";
import { PROXY_TABLE } from "./proxy-ways.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { Family } from "../net/family.ts";
import type { IptablesResource } from "../resources/iptables/definition.ts";
import type { NftResource } from "../resources/nft/definition.ts";
import type { Resource } from "../resources/resource.ts";
import { findCauses } from "./causes.ts";

/** What is asked about: a rule by its place, with what it did where that is known. */
export interface RulePlace {
  readonly table: string;
  readonly chain: string;
  readonly index: number;
  readonly rule: string;
  readonly effect?: string | undefined;
}

export type RuleCauses = (place: RulePlace) => string;

/** `vmap @service-ips`: the element of the map caused it, not the rule that looks it up. */
function elementCause({ objects }: NftResource, { rule, effect }: RulePlace): Cause | undefined {
  const name = / vmap @(\S+)/.exec(rule)?.[1];
  const map = objects.find((object) => object.kind === "map" && object.name === name);
  if (effect === undefined || map === undefined || map.kind === "chain") return undefined;
  return map.elements.find((element) => element.text.endsWith(`: ${effect}`))?.cause;
}

export function ruleCauses(
  state: NamespaceState,
  applied: Readonly<Record<string, Resource>>,
  family: Family,
): RuleCauses {
  const own = Object.values(applied).filter((resource) => resource.ns === state.ns);
  const guessed = findCauses(state, applied);
  return (place) => {
    if (place.table === PROXY_TABLE) {
      const proxy = own.find(
        (resource) => resource.kind === "proxy" && resource.family === family && resource.service === place.chain,
      );
      if (proxy !== undefined) return formatCause(proxy.cause);
    }
    if (place.table === IPVS_TABLE) {
      const lines = own.flatMap((resource) => (resource.kind === "ipvs" ? resource.lines : []));
      const line = lines.find(({ text }) => text === place.rule);
      return line === undefined ? "" : formatCause(line.cause);
    }
    const table = own.find(
      (resource): resource is IptablesResource =>
        resource.kind === "iptables" && resource.family === family && resource.table === place.table,
    );
    const chain = table?.chains.find((one) => one.name === place.chain);
    const rule = chain?.builtin === false ? chain.rules[place.index] : undefined;
    if (rule !== undefined) return formatCause(rule.cause);
    const nft = own.find(
      (resource): resource is NftResource =>
        resource.kind === "nft" &&
        (resource.family === family || resource.family === "inet") &&
        resource.table === place.table,
    );
    if (nft !== undefined && place.chain.startsWith("map ")) {
      const lookup = { ...place, rule: ` vmap @${place.chain.slice(4)}` };
      const cause = elementCause(nft, lookup);
      if (cause !== undefined) return formatCause(cause);
    }
    const object = nft?.objects.find((one) => one.kind === "chain" && one.name === place.chain);
    if (nft !== undefined && object?.kind === "chain") {
      const cause = elementCause(nft, place) ?? object.rules[place.index]?.cause;
      if (cause !== undefined) return formatCause(cause);
    }
    return guessed.iptables(family, place.table, place.chain, place.rule, place.index);
  };
}
