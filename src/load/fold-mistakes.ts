/** Mistakes of files that are no manifests by themselves become one: templates, and what kustomize puts together. */
import { dirname } from "node:path";
import type { Diagnostic } from "../errors.ts";
import { KUSTOMIZATION } from "./manifest-objects.ts";
import { TEMPLATE_HINT } from "./yaml-template.ts";

const isError = ({ severity }: Diagnostic): boolean => severity === "error";
const folderOf = ({ source }: Diagnostic): string => dirname(source?.file ?? "");

function foldTemplates(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const [first, ...others] = diagnostics.filter(({ hint }) => hint === TEMPLATE_HINT);
  if (first === undefined || others.length === 0) return diagnostics;
  const rest = new Set(others);
  const more = `${first.message}, and so must ${others.length} more ${others.length === 1 ? "file" : "files"}`;
  return diagnostics.flatMap((one) => (one === first ? [{ ...one, message: more }] : rest.has(one) ? [] : [one]));
}

/** Parts of manifests, in a folder with a file of kustomize's. */
function foldParts(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const own = diagnostics.filter(({ message }) => message === KUSTOMIZATION.message);
  const folders = new Map(own.toReversed().map((one) => [folderOf(one), one]));
  const parts = Map.groupBy(diagnostics.filter(isError), folderOf);
  return diagnostics.flatMap((one) => {
    const kustomization = folders.get(folderOf(one));
    const [first, ...others] = parts.get(folderOf(one)) ?? [];
    if (kustomization === undefined || first === undefined) return [one];
    if (one !== kustomization) return isError(one) ? [] : [one];
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    const where = `${first.source?.file}:${first.source?.line}`;
    const message = `kustomize puts the files of this folder together, by themselves they are mistaken: ${where}: ${first.message}${more}`;
    return [{ ...one, severity: "error" as const, message }];
  });
}

/** The same, with one for all templates and one for each folder of kustomize's. */
export function foldMistakes(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return foldParts(foldTemplates(diagnostics));
}
