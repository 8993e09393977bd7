/** Pods that have a node already: what affinity and spreading count. */
import { labelSelector, matches } from "../label-selector.ts";
import type { LabelSelectorDocument } from "../label-selector-schema.ts";
import type { LabelSelector } from "../network-policy/network-policy.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodDraft } from "../pod/pod-draft.ts";

export interface PlacedPod {
  readonly pod: PodDraft;
  readonly node: ClusterNode;
}

type Labels = Readonly<Record<string, string>>;

const parsed = new WeakMap<LabelSelectorDocument, LabelSelector>();

export function selectorMatches(document: LabelSelectorDocument, labels: Labels): boolean {
  let selector = parsed.get(document);
  if (selector === undefined) parsed.set(document, (selector = labelSelector(document)));
  return matches(selector, labels);
}

interface LabelKeys {
  readonly labelSelector?: LabelSelectorDocument | null | undefined;
  readonly matchLabelKeys?: readonly string[] | null | undefined;
  readonly mismatchLabelKeys?: readonly string[] | null | undefined;
}

/** The selector with the pod's own values of matchLabelKeys and mismatchLabelKeys (KEP-3243, KEP-3633); without one nothing matches. */
export function selects(keys: LabelKeys, of: PodDraft, labels: Labels): boolean {
  const document = keys.labelSelector;
  if (document === undefined || document === null || !selectorMatches(document, labels)) return false;
  const own = (key: string): string | undefined => of.labels[key];
  return (
    (keys.matchLabelKeys ?? []).every((key) => own(key) === undefined || labels[key] === own(key)) &&
    (keys.mismatchLabelKeys ?? []).every((key) => own(key) === undefined || labels[key] !== own(key))
  );
}
