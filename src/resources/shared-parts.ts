/**
 * Rule sets of several nodes have nearly the same parts: chains of endpoints are the same on each. Of those that are sent together,
 * a part that an earlier one already has is sent as a reference.
 */
import type { IptablesResource } from "./iptables/definition.ts";
import type { NftResource } from "./nft/definition.ts";
import { nameOf, partsOf, samePart, type RulePart, type RuleSet } from "./iptables/rule-set.ts";

/** `[which, first, count]`: this many parts of that rule set; and parts that no earlier one has. */
export type SharedPartList = readonly (readonly [which: number, first: number, count: number] | RulePart)[];

function kindOf({ kind, family, table }: IptablesResource | NftResource): string {
  return `${kind} ${family} ${table}`;
}

interface Known {
  readonly part: RulePart;
  readonly which: number;
  readonly at: number;
}

/** Finds them. */
export class PartFinder {
  readonly #known = new Map<string, Map<string, Known>>();
  readonly #parts = new Map<number, readonly RulePart[]>();

  /** The parts of rule set number `which`, which must not have been sent before. */
  share(resource: RuleSet, which: number): SharedPartList {
    const kind = kindOf(resource);
    const known = this.#known.get(kind) ?? new Map<string, Known>();
    this.#known.set(kind, known);
    const parts = partsOf(resource);
    this.#parts.set(which, parts);
    const list: ([number, number, number] | RulePart)[] = [];
    let run: [which: number, first: number, count: number] | undefined;
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at] as RulePart;
      // Mostly they come in the same order.
      const next = run === undefined ? undefined : this.#parts.get(run[0])?.[run[1] + run[2]];
      if (run !== undefined && next !== undefined && samePart(next, part)) {
        run[2]++;
        continue;
      }
      const name = nameOf(part);
      const same = known.get(name);
      if (same === undefined) known.set(name, { part, which, at });
      if (same !== undefined && samePart(same.part, part)) list.push((run = [same.which, same.at, 1]));
      else {
        run = undefined;
        list.push(part);
      }
    }
    return list;
  }
}

/** `partsOfOther`: all parts of a rule set before. Parts that are shared are the very same objects. */
export function partsFrom(
  list: SharedPartList,
  partsOfOther: (which: number) => readonly RulePart[],
): readonly RulePart[] {
  const parts: RulePart[] = [];
  for (const part of list) {
    if (!Array.isArray(part)) parts.push(part as RulePart);
    else {
      const [which, first, count] = part as readonly [number, number, number];
      const others = partsOfOther(which);
      for (let at = first; at < first + count; at++) parts.push(others[at] as RulePart);
    }
  }
  return parts;
}
