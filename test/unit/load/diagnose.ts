/** Loads lab text and gives its mistakes as short lines, for tests. */
import { InputError } from "../../../src/errors.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { LoadOptions } from "../../../src/load/load-lab.ts";

/** `line:column message` of each diagnostic; empty for a good lab. */
export function diagnose(text: string, options?: LoadOptions): readonly string[] {
  try {
    return loadLabText(text, "lab.yaml", options).warnings.map(
      (d) => `${d.source?.line}:${d.source?.column} warning: ${d.message}`,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.map(
      (d) => `${d.source?.line}:${d.source?.column} ${d.severity === "warning" ? "warning: " : ""}${d.message}`,
    );
  }
}

/** All hints of a bad lab. */
export function hints(text: string): readonly string[] {
  try {
    loadLabText(text, "lab.yaml");
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.diagnostics.flatMap((d) => d.hint ?? []);
  }
}

/** A lab around `spec`, whose lines are indented by two. */
export function lab(spec: string): string {
  return `apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: t }\nspec:\n${spec}`;
}

/** A raw lab with red and blue, linked; `red` and `rest` are YAML at their places. */
export function rawLab(red: string, rest = ""): string {
  return lab(`  topology:
    nodes:
      red:
        interfaces: { eth0: { addresses: [10.0.0.1/24] } }
${red}
      blue:
        interfaces: { eth0: { addresses: [10.0.0.2/24] } }
    links:
      - endpoints: [red:eth0, blue:eth0]
${rest}`);
}

/** A cluster lab with manifests. */
export function clusterLab(cluster: string, ...manifests: string[]): string {
  return [lab(`  cluster:\n${cluster}`), ...manifests].join("\n---\n");
}

export function pod(name: string, more = ""): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [ { name: c } ]${more} }`;
}
