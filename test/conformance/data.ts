/** The conformance data, which is no part of this repository: where it is, and what is skipped without it. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder: from K8SNET_CONFORMANCE, else beside the repository. */
export const CONFORMANCE =
  process.env["K8SNET_CONFORMANCE"] ?? join(import.meta.dirname, "../../../shared/conformance");

/** Why tests with this set are skipped; undefined when it is there. */
export function absence(set: string): string | undefined {
  return existsSync(join(CONFORMANCE, set)) ? undefined : "needs the conformance data";
}

/** The name of a test or a group with the reason why it is skipped. */
export function withReason(title: string, reason: string | undefined): string {
  return reason === undefined ? title : `${title} (${reason})`;
}
