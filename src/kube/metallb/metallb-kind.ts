/** What manifest kinds of MetalLB have in common (metallb 7938d3f8, internal/config/config.go). Messages are MetalLB's. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import type { Scope } from "../../syntax/scope.ts";
import { lazy } from "../../syntax/lazy.ts";
import { argument } from "../../syntax/scalar.ts";
import { formatSelector, labelSelector as toSelector } from "../label-selector.ts";
import { checkLabelSelector, labelSelector, type LabelSelectorDocument } from "../label-selector-schema.ts";
import { checkMetadata, type ObjectMeta } from "../metadata.ts";
import type { LabelSelector } from "../network-policy/network-policy.ts";
import type { MetallbObjects } from "./metallb-objects.ts";

/** Where MetalLB's manifests install it. */
export const METALLB_NAMESPACE = "metallb-system";

export const selectors = lazy(() => z.array(labelSelector).nullable());
export const names = lazy(() => z.array(argument).nullable());

export type SelectorsDocument = readonly LabelSelectorDocument[] | null | undefined;

/** The namespace is that in which MetalLB runs: it looks nowhere else. */
export function checkMetallbMetadata(metadata: ObjectMeta, report: Report): void {
  checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
  if ((metadata.namespace ?? "default") === "default")
    report(
      metadata.namespace === undefined ? ["metadata"] : ["metadata", "namespace"],
      `resource must be created in ${METALLB_NAMESPACE} namespace`,
      { hint: `metadata: { name: ${metadata.name}, namespace: ${METALLB_NAMESPACE} }` },
    );
}

export function addNamespace(
  { namespace = "default" }: ObjectMeta,
  scope: Scope,
  { namespaces }: MetallbObjects,
): void {
  namespaces.push({ model: { namespace }, scope: scope.at("metadata", "namespace") });
}

/** A value that is there twice (validateDuplicate). */
export function checkDuplicates(
  list: readonly string[] | null | undefined,
  what: string,
  path: Path,
  report: Report,
): void {
  for (const [i, one] of (list ?? []).entries())
    if (list?.indexOf(one) !== i)
      report([...path, i], `duplicate definition of ${what} ${JSON.stringify(one)}`, { at: "value" });
}

/** Kubernetes' own checks of selectors, and MetalLB's (validateLabelSelectorDuplicate). */
export function checkSelectors(all: SelectorsDocument, what: string, path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [i, one] of (all ?? []).entries()) {
    checkLabelSelector(one, [...path, i], report);
    for (const [j, { values }] of (one.matchExpressions ?? []).entries())
      checkDuplicates(
        values,
        "match expression value in label selector",
        [...path, i, "matchExpressions", j, "values"],
        report,
      );
    const text = JSON.stringify([one.matchLabels ?? {}, one.matchExpressions ?? []]);
    if (seen.has(text))
      report([...path, i], `duplicate definition of ${what} ${JSON.stringify(formatSelector(toSelector(one)))}`, {
        at: "value",
      });
    seen.add(text);
  }
}

export const toSelectors = (all: SelectorsDocument): readonly LabelSelector[] => (all ?? []).map(toSelector);
