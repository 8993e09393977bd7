/** A lab that was kept as JSON. */
import { UsageError } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";

/**
 * What the record of a lab looks like. Raised in a release that cannot use what the release before has stored
 * (labs/docs/compatibility.md); 1 was that of 0.1.0, which wrote no number.
 */
export const RECORD_FORMAT = 2;

export interface LabOnRecord {
  readonly lab: unknown;
  readonly format?: number | undefined;
  /** Version of the program that stored it. */
  readonly version: string;
}

/** Throws UsageError for a record of another format, which this version would misread. */
export function reviveLab(stored: LabOnRecord): Lab {
  const lab = stored.lab as Lab;
  if ((stored.format ?? 1) !== RECORD_FORMAT)
    throw new UsageError(
      `lab ${lab.name} was built by k8snet-lab ${stored.version}, whose record this version cannot use`,
      `take it down and build it again: k8snet-lab down ${lab.name}`,
    );
  return lab;
}
