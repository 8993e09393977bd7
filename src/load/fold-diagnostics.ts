/** Repeated messages are merged: mistakes of templates and of parts that kustomize assembles, and similar warnings. */
import { isMistake, type Diagnostic } from "../errors.ts";
import { dirname } from "node:path";
import { KUSTOMIZATION } from "./manifest-objects.ts";
import { TEMPLATE_HINT } from "../syntax/yaml-template.ts";

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
  const parts = Map.groupBy(diagnostics.filter(isMistake), folderOf);
  return diagnostics.flatMap((one) => {
    const kustomization = folders.get(folderOf(one));
    const [first, ...others] = parts.get(folderOf(one)) ?? [];
    if (kustomization === undefined || first === undefined) return [one];
    if (one !== kustomization) return isMistake(one) ? [] : [one];
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    const where = `${first.source?.file}:${first.source?.line}`;
    const message = `kustomize assembles the files of this folder; on their own they have mistakes: ${where}: ${first.message}${more}`;
    return [{ ...one, severity: "error" as const, message }];
  });
}

/** Warnings that say the same of more objects and fields than these share a line. */
const ALIKE = 3;

/** The text of a warning behind `Deployment "web": spec.replicas: `, or of `Service default/web`. */
function textOf({ severity, message }: Diagnostic): string | undefined {
  if (severity !== "warning") return undefined;
  const [, text, kind, more] = /^(?:\w+ "[^"]*": [^\s:]+: (.*)|([A-Z]\w+) [\w.-]+\/[\w.-]+ (.*))$/s.exec(message) ?? [];
  return kind === undefined ? text : `${kind} … ${more}`;
}

/** Warnings that say the same of many objects become one that counts them. */
export function foldWarnings(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const groups = Map.groupBy(diagnostics, textOf);
  return diagnostics.flatMap((one) => {
    const text = textOf(one);
    const group = text === undefined ? [] : (groups.get(text) ?? []);
    if (group.length <= ALIKE) return [one];
    return one === group[0] ? [{ ...one, message: `${one.message} (and ${group.length - 1} more like this)` }] : [];
  });
}

/** The same, with one for all templates and one for each folder of kustomize's. */
export function foldDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return foldParts(foldTemplates(diagnostics));
}
