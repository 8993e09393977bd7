/** Rule sets give a cause for each rule, most of which many rules share. Where they are written down, each cause is written once. */
import type { Cause } from "../cause.ts";
import type { Resource } from "./resource.ts";
import { isRuleSet, partsOf, rulesOf, withParts, withRules } from "./rule-set.ts";
import type { PartList, RulePart } from "./rule-set.ts";

/** Causes by number. */
export class CauseTable {
  readonly #numbers = new Map<Cause, number>();
  readonly #byText = new Map<string, number>();
  readonly #causes: Cause[];
  #told = 0;

  constructor(causes: Cause[] = []) {
    this.#causes = causes;
    for (const [number, cause] of causes.entries()) this.#remember(cause, number);
    this.#told = causes.length;
  }

  /** Causes that came to it since it was asked last. */
  news(): readonly Cause[] {
    const news = this.#causes.slice(this.#told);
    this.#told = this.#causes.length;
    return news;
  }

  /** Takes up what another table told. */
  learn(news: readonly Cause[]): void {
    for (const cause of news) this.#remember(cause, this.#causes.push(cause) - 1);
    this.#told = this.#causes.length;
  }

  numberOf(cause: Cause): number {
    const known = this.#numbers.get(cause);
    if (known !== undefined) return known;
    const same = this.#byText.get(textOf(cause));
    const number = same ?? this.#causes.push(cause) - 1;
    this.#remember(cause, number);
    return number;
  }

  at(number: number): Cause {
    return this.#causes[number] ?? { object: "", reason: "" };
  }

  #remember(cause: Cause, number: number): void {
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

/** A resource as it is written down: numbers of `table` in place of its rules' causes. Others as they are. */
export function packResource(resource: Resource, table: CauseTable): Resource {
  if (!isRuleSet(resource)) return resource;
  return withParts(
    resource,
    partsOf(resource).map((part) => packPart(part, table)),
  );
}

export function packParts(parts: PartList, table: CauseTable): PartList {
  return parts.map((part) => (Array.isArray(part) ? part : packPart(part as RulePart, table)));
}

function unpackPart(part: RulePart, table: CauseTable): void {
  for (const rule of rulesOf(part) as readonly { cause: Cause | number }[])
    if (typeof rule.cause === "number") rule.cause = table.at(rule.cause);
}

/** Puts the causes back in place, into what was just read and is nobody else's yet. */
export function unpackResource(resource: Resource, table: CauseTable): Resource {
  if (isRuleSet(resource)) for (const part of partsOf(resource)) unpackPart(part, table);
  return resource;
}

export function unpackParts(parts: PartList, table: CauseTable): PartList {
  for (const part of parts) if (!Array.isArray(part)) unpackPart(part as RulePart, table);
  return parts;
}
