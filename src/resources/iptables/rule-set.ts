/**
 * A rule set is a resource of many named parts: an iptables table with its chains, an nftables table with its objects. A
 * small change of a large one is sent as an edit: which parts stay, and the new ones.
 */
import type { Cause } from "../../cause.ts";
import type { EditForm } from "../edit-form.ts";
import type { NftObject, NftRule } from "../nft-table.ts";
import type { IptablesResource, IptablesRule } from "./definition.ts";
import type { NftResource } from "../nft/definition.ts";
import type { Resource } from "../resource.ts";

export type RuleSet = IptablesResource | NftResource;
type IptablesChain = IptablesResource["chains"][number];
export type RulePart = IptablesChain | NftObject;
type Rule = IptablesRule | NftRule;

/** Parts that stay, as `[first, how many]` of those before, and new ones. */
export type PartList = readonly (readonly [first: number, count: number] | RulePart)[];

export interface RuleSetEdit {
  /** The resource without its parts. */
  readonly head: RuleSet;
  readonly parts: PartList;
}

export function isRuleSet(resource: Resource): resource is RuleSet {
  return resource.kind === "iptables" || resource.kind === "nft";
}

export function partsOf(resource: RuleSet): readonly RulePart[] {
  return resource.kind === "iptables" ? resource.chains : resource.objects;
}

/** The resource with other parts, which are of its kind. */
export function withParts(resource: RuleSet, parts: readonly RulePart[]): RuleSet {
  return resource.kind === "iptables"
    ? { ...resource, chains: parts as readonly IptablesChain[] }
    : { ...resource, objects: parts as readonly NftObject[] };
}

export function rulesOf(part: RulePart): readonly Rule[] {
  return "rules" in part ? part.rules : part.elements;
}

/** The part with other rules, or elements, which are of its kind. */
export function withRules(part: RulePart, rules: readonly unknown[]): RulePart {
  return { ...part, ["rules" in part ? "rules" : "elements"]: rules };
}

export function nameOf(part: RulePart): string {
  return "kind" in part ? `${part.kind} ${part.name}` : part.name;
}

export function wordsOf(rule: Rule): string {
  return "text" in rule ? rule.text : rule.args.join(" ");
}

/** What a part is declared as. */
function headOf(part: RulePart): string {
  if (!("kind" in part)) return `${part.name} ${part.builtin} ${part.policy ?? ""}`;
  const { kind, name, comment = "" } = part;
  return kind === "chain"
    ? `${kind} ${name} ${part.hook ?? ""} ${comment}`
    : `${kind} ${name} ${part.type} ${part.flags?.join() ?? ""} ${part.timeout ?? ""} ${comment}`;
}

/** Are they declared the same way? */
export function sameHead(a: RulePart, b: RulePart): boolean {
  if (a.name !== b.name) return false;
  if (!("kind" in a) || !("kind" in b) || a.kind !== "chain" || b.kind !== "chain") return headOf(a) === headOf(b);
  return a.hook === b.hook && a.comment === b.comment;
}

/** A rule set without its causes, as one text. */
function ruleSetText(resource: RuleSet): string {
  const lines = [`${resource.id}${"comment" in resource ? ` ${resource.comment ?? ""}` : ""}`];
  for (const part of partsOf(resource)) {
    lines.push(headOf(part));
    for (const rule of rulesOf(part)) lines.push(wordsOf(rule));
  }
  return lines.join("\n");
}

function sameWords(a: Rule, b: Rule): boolean {
  if ("text" in a || "text" in b) return wordsOf(a) === wordsOf(b);
  return a.args.length === b.args.length && a.args.every((word, index) => word === b.args[index]);
}

function sameCause(a: Cause, b: Cause): boolean {
  return (
    a === b ||
    (a.object === b.object &&
      a.reason === b.reason &&
      a.source?.line === b.source?.line &&
      a.source?.column === b.source?.column &&
      a.source?.file === b.source?.file)
  );
}

export function sameRule(a: Rule, b: Rule): boolean {
  return a === b || (sameWords(a, b) && sameCause(a.cause, b.cause));
}

export function samePart(a: RulePart, b: RulePart): boolean {
  if (a === b) return true;
  if (!sameHead(a, b)) return false;
  const rules = rulesOf(a);
  const others = rulesOf(b);
  return (
    rules.length === others.length &&
    rules.every((rule, index) => {
      const other = others[index];
      return other !== undefined && sameRule(rule, other);
    })
  );
}

/** What turns one rule set into the other. */
function editRuleSet(before: RuleSet, after: RuleSet): RuleSetEdit {
  const there = partsOf(before);
  const places = new Map(there.map((part, index) => [nameOf(part), index]));
  const parts: (readonly [number, number] | RulePart)[] = [];
  let run: [first: number, count: number] | undefined;
  for (const part of partsOf(after)) {
    const at = places.get(nameOf(part));
    const old = at === undefined ? undefined : there[at];
    if (at === undefined || old === undefined || !samePart(old, part)) {
      run = undefined;
      parts.push(part);
    } else if (run !== undefined && run[0] + run[1] === at) run[1]++;
    else parts.push((run = [at, 1]));
  }
  return { head: withParts(after, []), parts };
}

/** The edited rule set; parts that stay are the very same objects. */
function applyRuleSetEdit(before: RuleSet, { head, parts }: RuleSetEdit): RuleSet {
  const there = partsOf(before);
  const edited: RulePart[] = [];
  for (const part of parts) {
    if (Array.isArray(part)) for (let at = part[0]; at < part[0] + part[1]; at++) edited.push(there[at] as RulePart);
    else edited.push(part as RulePart);
  }
  return withParts(head, edited);
}

export const ruleSetEdits: EditForm<RuleSet, RuleSetEdit> = {
  edit: editRuleSet,
  apply: applyRuleSetEdit,
  text: ruleSetText,
  isTouched: (resource) => "touched" in resource || partsOf(resource).some((part) => "touched" in part),
};

/** Both without the parts that are the identical object: an edit keeps those that it does not touch. */
export function differing<P>(
  parts: readonly P[],
  before: readonly P[],
): readonly [parts: readonly P[], before: readonly P[]] {
  // Of a large table most stay where they were: equal beginnings and ends need no lookup.
  const shorter = Math.min(parts.length, before.length);
  let first = 0;
  while (first < shorter && parts[first] === before[first]) first++;
  let last = 0;
  while (last < shorter - first && parts.at(-1 - last) === before.at(-1 - last)) last++;
  const middle = parts.slice(first, parts.length - last);
  const middleBefore = before.slice(first, before.length - last);
  const were = new Set(middleBefore);
  const are = new Set(middle);
  return [middle.filter((part) => !were.has(part)), middleBefore.filter((part) => !are.has(part))];
}
