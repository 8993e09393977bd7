/** What a lab has broken on purpose: a part of its file overlaid on the healthy rest, until it has been fixed. */
import type { LabDocument } from "./schema.ts";
import { kindOf } from "../checks/registry.ts";
import { laidOver } from "../syntax/laid-over.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";

/** The document with its fault in place. A part of a cluster is not a cluster: one that the lab does not have is left out. */
export function withFault(document: LabDocument): LabDocument {
  const { fault, ...healthy } = document.spec;
  if (fault === undefined) return document;
  const { cluster, clusters = {}, ...others } = fault;
  const known = Object.entries(clusters).filter(([name]) => Object.hasOwn(healthy.clusters ?? {}, name));
  const over = {
    ...others,
    ...(healthy.cluster === undefined || cluster === undefined ? {} : { cluster }),
    ...(known.length === 0 ? {} : { clusters: Object.fromEntries(known) }),
  };
  return { ...document, spec: { ...(laidOver(healthy, over) as typeof healthy), fault } };
}

/** Checks that say whether the fault is still there; those that look at recorded packets show the past. */
export function faultChecks({ checks }: Pick<Lab, "checks">): readonly Check[] {
  return checks.filter((check) => check.fault === true && kindOf(check).phase !== "after");
}
