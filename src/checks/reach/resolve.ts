/** What a check of kind reach means: which pods, and what is expected of each pair. */
import type { CheckResolver } from "../kind.ts";
import type * as z from "zod";
import type { reachSchema, SelectionDocument } from "./schema.ts";
import type { Outcome } from "../../net/outcome.ts";
import type { Check } from "../../lab/check.ts";
import { readTargets } from "../../targets/destination.ts";
import type { Target } from "../../net/target.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { common, type ResolveContext } from "../resolve-context.ts";
import type { Scope } from "../../syntax/scope.ts";
import { podText } from "../../targets/parse-target.ts";
import { isProblem, type TargetProblem } from "../../targets/in-clusters.ts";
import { findService, isServiceText, serviceAddresses, serviceText } from "../../targets/service-target.ts";
import { sameObject } from "../../net/object-ref.ts";

export interface ReachCheck extends Check {
  readonly kind: "reach";
  readonly from: readonly Target[];
  readonly to: readonly Target[];
  readonly protocol: "tcp" | "udp" | "sctp" | "http" | "icmp";
  readonly port?: number | undefined;
  /** expected[i][j]: from[i] → to[j]; null: not probed (self, unless requested). */
  readonly expect: readonly (readonly (Outcome | null)[])[];
  /** The question is whether the packet arrives: a refusal by the destination itself counts as an answer. */
  readonly arrival?: boolean | undefined;
}

/** More pairs than a matrix of a thousand pods would need a machine for. */
const MAX_PAIRS = 1_000_000;

function allTargets(context: ResolveContext): readonly Target[] {
  const { index } = context;
  // The cluster's own pods (its DNS) are not what a lab is about.
  const own = index.pods.filter((pod) => pod.namespace !== "kube-system").map((pod) => podText(pod));
  const texts = own.length > 0 ? own : index.texts();
  return texts.flatMap((text) => {
    const found = index.find(text);
    return isProblem(found) ? [] : found.filter((target) => Object.keys(target.addresses).length > 0);
  });
}

function selectTargets(selection: SelectionDocument, context: ResolveContext, scope: Scope): readonly Target[] {
  const { index } = context;
  if (selection === "all") return allTargets(context);
  if (typeof selection === "string") return readTargets(selection, index, scope);
  if (Array.isArray(selection))
    return selection.flatMap((text: string, i: number) => readTargets(text, index, scope.at(i)));
  const { matchLabels, namespace } = selection;
  const pods = index.pods.filter(
    (pod) =>
      (namespace === undefined || pod.namespace === namespace) &&
      Object.entries(matchLabels ?? {}).every(([key, value]) => pod.labels[key] === value),
  );
  if (pods.length === 0)
    scope.dangling("the selection has no pods", "check matchLabels and namespace against the pods' own");
  return pods.flatMap((pod) => {
    const found = index.find(podText(pod));
    return isProblem(found) ? [] : found;
  });
}

/** A Service is tested at its cluster IP. It is not a place: it cannot be a source. */
function serviceTargets(text: string, context: ResolveContext): readonly Target[] | TargetProblem {
  const service = findService(text, context.index);
  if (isProblem(service)) return service;
  const addresses = serviceAddresses(service);
  if (isProblem(addresses)) return addresses;
  const name = serviceText(service);
  return [{ text: name, ns: name, node: "", addresses, cause: service.cause }];
}

function selectDestinations(selection: SelectionDocument, context: ResolveContext, scope: Scope): readonly Target[] {
  const isList = Array.isArray(selection);
  const texts: readonly string[] = isList ? selection : typeof selection === "string" ? [selection] : [];
  if (!texts.some(isServiceText)) return selectTargets(selection, context, scope);
  return texts.flatMap((text, i) => {
    const place = isList ? scope.at(i) : scope;
    if (!isServiceText(text)) return readTargets(text, context.index, place);
    const found = serviceTargets(text, context);
    if (!isProblem(found)) return found;
    place.dangling(found.message, found.hint);
    return [];
  });
}

/** Positions in `targets` that a key of the truth table means. */
function positions(key: string, targets: readonly Target[], context: ResolveContext, scope: Scope): readonly number[] {
  if (key === "*") return targets.map((_, i) => i);
  const found = isServiceText(key) ? serviceTargets(key, context) : context.index.find(key);
  if (isProblem(found)) {
    scope.mistakes.dangling(scope.source(), scope.path, found.message, found.hint);
    return [];
  }
  const same = (a: Target, b: Target): boolean =>
    a.pod === undefined || b.pod === undefined ? a.ns === b.ns && a.pod === b.pod : sameObject(a.pod, b.pod);
  const at = found.flatMap((wanted) => {
    const i = targets.findIndex((target) => same(target, wanted));
    return i < 0 ? [] : [i];
  });
  if (at.length === 0)
    scope.keyError(
      `"${key}" is not selected`,
      didYouMean(
        key,
        targets.map((t) => t.text),
        "selected",
      ),
    );
  return at;
}

type ReachDocument = z.infer<typeof reachSchema>;
type Table = Exclude<ReachDocument["expect"], string | undefined>;

/** More precise keys win over `*`. */
function byPrecision<T>(table: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(table).toSorted(([a], [b]) => Number(b === "*") - Number(a === "*"));
}

function readTable(
  table: Table,
  from: readonly Target[],
  to: readonly Target[],
  context: ResolveContext,
  scope: Scope,
): (Outcome | null)[][] {
  const rows: (Outcome | null)[][] = from.map(() => to.map(() => null));
  for (const [rowKey, row] of byPrecision(table)) {
    for (const i of positions(rowKey, from, context, scope.at(rowKey))) {
      const cells = typeof row === "string" ? { "*": row } : row;
      for (const [key, outcome] of byPrecision(cells)) {
        for (const j of positions(key, to, context, scope.at(rowKey, key))) {
          const self = isSelf(from[i], to[j]);
          const cellsOfRow = rows[i];
          if (cellsOfRow !== undefined && !(self && (key === "*" || rowKey === "*"))) cellsOfRow[j] = outcome;
        }
      }
    }
  }
  return rows;
}

function isSelf(a: Target | undefined, b: Target | undefined): boolean {
  return a?.ns === b?.ns;
}

export const resolveReach: CheckResolver<typeof reachSchema, ReachCheck> = (doc, fields, context, scope) => {
  const from = selectTargets(doc.reach.from, context, scope.at("reach", "from"));
  const to = selectDestinations(doc.reach.to, context, scope.at("reach", "to"));
  const protocol = doc.reach.protocol ?? "tcp";
  if (protocol !== "icmp" && doc.reach.port === undefined)
    scope.at("reach").error(`${protocol} needs a port`, "add port: 80, or protocol: icmp");
  if (protocol === "icmp" && doc.reach.port !== undefined)
    scope.at("reach", "port").keyError("icmp has no ports", "remove port, or choose protocol: tcp");
  if (from.length === 0 || to.length === 0) return undefined;
  if (from.length * to.length > MAX_PAIRS) {
    scope.at("reach").error(`${from.length} × ${to.length} pairs are too many`, `select at most ${MAX_PAIRS} pairs`);
    return undefined;
  }
  const { expect } = doc;
  const cells =
    expect === undefined || typeof expect === "string"
      ? from.map((a) => to.map((b) => (isSelf(a, b) ? null : (expect ?? "open"))))
      : readTable(expect, from, to, context, scope.at("expect"));
  const [target] = to;
  return {
    ...common(fields, from, target && { kind: "target", target }),
    kind: "reach",
    from,
    to,
    protocol,
    port: doc.reach.port,
    expect: cells,
  };
};
