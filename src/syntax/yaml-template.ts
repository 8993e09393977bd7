/** Templates that were not rendered: the sources of Helm's manifests are not YAML. */
import type { Diagnostic } from "../errors.ts";
import type { TextLines } from "./text-lines.ts";

/** Go templates as charts have them, and Jinja's. Text in the data of a ConfigMap may contain them too. */
const ACTION =
  /\{\{[-~]?\s*(?:\/\*|[.$]|(?:if|else|end|range|with|include|template|define|block|toYaml|tpl|required|default|quote|printf|lookup|fail|not|and|or|eq|ne|int|nindent)\b)[^\n]*|\{%[-+]?\s*\w+/;

export const TEMPLATE_HINT = "helm template . | k8snet-lab policy lint -f -, or helm template . > all.yaml";

export function templateText(line: number, action: string): string {
  return `line ${line} contains a template (${action.slice(0, 60)}): it must be rendered first`;
}

/** The message that replaces all mistakes caused by a template. `base`: where in the file the text begins. */
export function templateDiagnostic(text: string, base: number, file: string, lines: TextLines): Diagnostic | undefined {
  const found = ACTION.exec(text);
  if (found === null) return undefined;
  const source = lines.source(file, base + found.index);
  const [action = ""] = /^\{[{%][^}]{0,40}(?:\}\}?)?/.exec(found[0]) ?? [];
  return {
    severity: "error",
    message: templateText(source.line, action),
    hint: TEMPLATE_HINT,
    source,
  };
}
