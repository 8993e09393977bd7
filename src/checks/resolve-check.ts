/** Checks: one entry of `spec.checks` with its kind, targets, families and times. */
import { isMistake } from "../errors.ts";
import type { Family } from "../net/family.ts";
import { CHECK_KINDS, type CheckDocument } from "./registry.ts";
import type { CheckFields, ResolveContext } from "./resolve-context.ts";
import type { Check, LostCheck } from "../lab/check.ts";
import type { Destination } from "../net/target.ts";
import { parseDuration } from "../syntax/quantity.ts";
import type { Scope } from "../syntax/scope.ts";
import { forPlugin } from "./per-plugin.ts";
import { warnOfUnrouted } from "./unrouted.ts";

const WITHIN = 5000;
const TIMEOUT = 1000;

function readTime(value: string | number | undefined, fallback: number, scope: Scope): number {
  if (value === undefined) return fallback;
  const time = parseDuration(value);
  if (time === undefined || time > 3_600_000) {
    scope.error(`${JSON.stringify(value)} is not a time of at most an hour`, "write 500ms, 5s or 1m");
    return fallback;
  }
  return time;
}

function addressesOf(to: Destination): readonly Family[] | undefined {
  if (to.kind === "address") return [to.family];
  if (to.kind === "service") return Object.keys(to.addresses) as Family[];
  return to.kind === "target" ? (Object.keys(to.target.addresses) as Family[]) : undefined;
}

/** README: by the address; the lab's first family for names; both for targets of a dual-stack lab. */
function chooseFamilies(
  asked: CheckDocument["family"],
  context: ResolveContext,
  scope: Scope,
): CheckFields["familiesFor"] {
  return (from, to) => {
    const lab = context.families;
    const first = lab.slice(0, 1);
    const wanted = asked === undefined ? undefined : asked === "both" ? (["ipv4", "ipv6"] as const) : [asked];
    if (to === undefined) return wanted ?? first;
    const there = addressesOf(to);
    if (there === undefined) return wanted ?? first;
    const fits = (family: Family): boolean =>
      there.includes(family) && (to.kind === "address" || from.every((t) => t.addresses[family] !== undefined));
    if (wanted === undefined) {
      const usable = (to.kind === "address" ? there : lab).filter(fits);
      if (usable.length > 0) return usable;
      if ((to.kind === "target" || to.kind === "service") && from.length > 0)
        scope.dangling(
          `${to.kind === "service" ? to.text : to.target.text} and ${from.map((t) => t.text).join(", ")} have no address family in common`,
          "give them addresses of one family",
        );
      return first;
    }
    for (const family of wanted) {
      if (!there.includes(family))
        scope
          .at("family")
          .dangling(
            `the destination has no ${family === "ipv4" ? "IPv4" : "IPv6"} address`,
            `choose family: ${there[0] ?? first[0]}`,
          );
    }
    return wanted;
  };
}

/** `fails` is the older spelling of `expectFailure`. */
function readFailure(doc: CheckDocument, place: Scope): Pick<Check, "expectFailure" | "fault"> {
  if (doc.expectFailure !== undefined && doc.fails !== undefined)
    place.at("fails").keyError("fails and expectFailure are the same", "remove fails, the older spelling");
  const expected = doc.expectFailure ?? doc.fails;
  return { expectFailure: expected === true, ...(expected === "fault" ? { fault: true } : {}) };
}

/** One check; undefined where it cannot be made, which has been reported, and where the lab's network plugin is not meant. */
export function resolveCheck(given: CheckDocument, context: ResolveContext, place: Scope): Check | undefined {
  const kind = CHECK_KINDS.find((one) => one.kind in given);
  if (kind === undefined) return undefined;
  const meant = forPlugin(given, kind.schema, context.index, place);
  if ("leftOut" in meant) {
    context.leftOut?.push({ name: given.name, reason: meant.leftOut });
    return undefined;
  }
  const { doc } = meant;
  const fields: CheckFields = {
    name: doc.name,
    source: place.source(),
    within: readTime(doc.within, WITHIN, place.at("within")),
    timeout: readTime(doc.timeout, TIMEOUT, place.at("timeout")),
    explain: doc.explain,
    ...readFailure(doc, place),
    familiesFor: chooseFamilies(doc.family, context, place),
  };
  const check = kind.resolve(doc, fields, context, place);
  const { less = 0 } = context;
  return check === undefined || less === 0 ? check : (kind.fit?.(check, less) ?? check);
}

/**
 * `lost`: the lab runs, and a check's target may be gone by now: such checks are left out and listed there, with the
 * reason, instead of being mistakes.
 */
export function resolveChecks(
  docs: readonly CheckDocument[],
  context: ResolveContext,
  scope: Scope,
  lost?: LostCheck[],
): readonly Check[] {
  const seen = new Map<string, Scope>();
  return docs.flatMap((doc, i) => {
    const place = lost === undefined ? scope.at(i) : scope.at(i).muted();
    const first = seen.get(doc.name);
    if (first !== undefined)
      place
        .at("name")
        .error(
          `duplicate check "${doc.name}"`,
          `first defined on line ${first.source().line}; reports identify checks by name`,
        );
    else seen.set(doc.name, place);
    const check = resolveCheck(doc, context, place);
    if (check !== undefined) warnOfUnrouted(check, context, place);
    const [mistake] = lost === undefined ? [] : place.mistakes.diagnostics.filter(isMistake);
    if (mistake === undefined) return check ?? [];
    lost?.push({ name: doc.name, reason: mistake.message });
    return [];
  });
}
