/** Rule sets have a cause for each rule, most of which many rules share. In stored form, each cause is written once. */
import type { Cause } from "../cause.ts";
import type { Resource } from "./resource.ts";
import { isRuleSet, partsOf, rulesOf, withParts, withRules } from "./iptables/rule-set.ts";
import type { PartList, RulePart } from "./iptables/rule-set.ts";
import type { SharedPartList } from "./shared-parts.ts";

/** The reason alone, where object and place are those of the cause before. */
export type PackedCause =
  | string
  | readonly [object: string, reason: string]
  | readonly [object: string, reason: string, file: string, line: number, column: number];

function pack(cause: Cause, before: Cause | undefined): PackedCause {
  const { object, reason, source } = cause;
  const same =
    before?.object === object &&
    before.source?.line === source?.line &&
    before.source?.column === source?.column &&
    before.source?.file === source?.file;
  if (same) return reason;
  return source === undefined ? [object, reason] : [object, reason, source.file, source.line, source.column];
}

function unpack(packed: PackedCause, before: Cause | undefined): Cause {
  if (typeof packed === "string") return { ...before, object: before?.object ?? "", reason: packed };
  const [object, reason, file, line, column] = packed;
  if (file === undefined || line === undefined || column === undefined) return { object, reason };
  return { source: { file, line, column }, object, reason };
}

/** Causes by number. */
export class CauseTable {
  readonly #numbers = new Map<Cause, number>();
  readonly #byText = new Map<string, number>();
  readonly #causes: Cause[] = [];
  #reported = 0;
  /** How many of them can be found by their text. */
  #indexed = 0;

  /** Causes that were added since the last call. */
  news(): readonly PackedCause[] {
    const news = this.#causes.slice(this.#reported);
    this.#reported = this.#causes.length;
    return news.map((cause, index) => pack(cause, news[index - 1]));
  }

  /** Adds the entries of another table. */
  learn(news: readonly PackedCause[]): void {
    let before: Cause | undefined;
    for (const packed of news) this.#causes.push((before = unpack(packed, before)));
    this.#reported = this.#causes.length;
  }

  numberOf(cause: Cause): number {
    const known = this.#numbers.get(cause);
    if (known !== undefined) return known;
    while (this.#indexed < this.#causes.length) this.#index(this.#indexed++);
    const text = textOf(cause);
    const same = this.#byText.get(text);
    if (same !== undefined) {
      this.#numbers.set(cause, same);
      return same;
    }
    const number = this.#causes.push(cause) - 1;
    this.#indexed++;
    this.#numbers.set(cause, number);
    this.#byText.set(text, number);
    return number;
  }

  at(number: number): Cause {
    return this.#causes[number] ?? { object: "", reason: "" };
  }

  #index(number: number): void {
    const cause = this.at(number);
    this.#numbers.set(cause, number);
    this.#byText.set(textOf(cause), number);
  }
}

function textOf({ source, object, reason }: Cause): string {
  return `${source?.file ?? ""}:${source?.line ?? ""}:${source?.column ?? ""} ${object}\n${reason}`;
}

function packPart(part: RulePart, table: CauseTable): RulePart {
  return withRules(
    part,
    rulesOf(part).map((rule) => ({ ...rule, cause: table.numberOf(rule.cause) })),
  );
}

/** A resource as it is written down: numbers of `table` in place of causes, its own and those of its rules. */
export function packResource(resource: Resource, table: CauseTable): Resource {
  const cause = table.numberOf(resource.cause) as unknown as Cause;
  if (!isRuleSet(resource)) return { ...resource, cause };
  return withParts(
    { ...resource, cause },
    partsOf(resource).map((part) => packPart(part, table)),
  );
}

export function packParts<L extends PartList | SharedPartList>(parts: L, table: CauseTable): L {
  return parts.map((part) => (Array.isArray(part) ? part : packPart(part as RulePart, table))) as unknown as L;
}

/** A cause that an older version wrote down whole stays as it is. */
function unpackCause(holder: { cause: Cause | number }, table: CauseTable): void {
  if (typeof holder.cause === "number") holder.cause = table.at(holder.cause);
}

function unpackPart(part: RulePart, table: CauseTable): void {
  for (const rule of rulesOf(part)) unpackCause(rule, table);
}

/** Puts the causes back in place, in what was just read and has no other owner yet. */
export function unpackResource(resource: Resource, table: CauseTable): Resource {
  unpackCause(resource, table);
  if (isRuleSet(resource)) for (const part of partsOf(resource)) unpackPart(part, table);
  return resource;
}

export function unpackParts<L extends PartList | SharedPartList>(parts: L, table: CauseTable): L {
  for (const part of parts) if (!Array.isArray(part)) unpackPart(part as RulePart, table);
  return parts;
}
