/** Checks that no lab file has: asked of a lab that is up. */
import { UsageError } from "../errors.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import { DiagnosticList, Scope } from "../syntax/scope.ts";
import { targetIndex } from "../targets/parse-target.ts";
import type { CheckDocument } from "./registry.ts";
import { resolveChecks } from "./resolve-check.ts";

/** Throws UsageError for what the lab does not have. `source`: what stands for their place in a file. */
export function askedChecks(lab: Lab, docs: readonly CheckDocument[], source: string): readonly Check[] {
  const mistakes = new DiagnosticList();
  const scope = new Scope(mistakes, () => ({ file: source, line: 1, column: 1 }));
  const context = { index: targetIndex(lab), families: lab.families, captures: lab.captures };
  const checks = resolveChecks(docs, context, scope);
  const mistake = mistakes.diagnostics.find(({ severity }) => severity === "error");
  if (mistake !== undefined) throw new UsageError(mistake.message, mistake.hint);
  return checks;
}
