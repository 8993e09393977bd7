/** Charts and folders of kustomize's: one clear message, in labs and in policy commands. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputError, UsageError } from "../../../src/errors.ts";
import { loadLab } from "../../../src/load/load-lab.ts";
import { loadPolicyLab } from "../../../src/load/policy-manifests.ts";
import { clusterLab, pod } from "./diagnose.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "fold-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function files(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
}

const errorsOf = (error: unknown): readonly string[] => {
  if (error instanceof UsageError) return [`${error.message}; ${error.hint}`];
  if (!(error instanceof InputError)) throw error;
  return error.diagnostics.flatMap(({ severity, message, hint }) =>
    severity === "error" ? [`${message}; ${hint}`] : [],
  );
};

/** Mistakes of a policy command. */
function policy(entry: string, recursive = false): readonly string[] {
  try {
    loadPolicyLab([entry], { cwd, recursive });
    return [];
  } catch (error) {
    return errorsOf(error);
  }
}

async function lab(entry: string): Promise<readonly string[]> {
  writeFileSync(join(cwd, "lab.yaml"), clusterLab(`    nodes: [n1]\n  manifests: [${entry}]`));
  return loadLab("lab.yaml", { cwd }).then(() => [], errorsOf);
}

const TEMPLATE = "{{- if .Values.x }}\napiVersion: v1\nkind: Pod\nmetadata: { name: a }\n{{- end }}\n";

test("a Helm chart, its templates, and one somewhere in a tree", async () => {
  files({
    "all/web/Chart.yaml": "name: web\n",
    "all/web/values.yaml": "x: 1\n",
    "all/web/templates/pod.yaml": TEMPLATE,
  });
  for (const [entry, name] of [
    ["all/web", "all/web"],
    ["all/web/templates", "all/web/templates"],
    ["all", "all/web"],
  ] as const) {
    const message = `cannot read "${entry}": ${name} belongs to a Helm chart, which must be rendered first; helm template`;
    const found = policy(entry, true);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    if (entry === name) expect((await lab(entry)).join()).toContain(message);
  }
});

test("templates without a chart are one mistake, and others stay", async () => {
  files({ "t/a.yaml": TEMPLATE, "t/b.yaml": TEMPLATE, "t/c.yaml": TEMPLATE, "t/d.yaml": "a: [\n" });
  for (const found of [policy("t"), await lab("t")]) {
    expect(found).toHaveLength(2);
    expect(found[0]).toContain(
      "line 1 contains a template ({{- if .Values.x }}): it must be rendered first, and so must 2 more files",
    );
  }
});

test("parts that kustomize puts together are one mistake", async () => {
  const part = (name: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name} }\nspec: { replicas: 2 }\n`;
  files({
    "over/kustomization.yaml": "patches: []\n",
    "over/a.yaml": part("a"),
    "over/b.yaml": part("b"),
    "whole/pod.yaml": pod("p"),
  });
  for (const found of [policy("over"), await lab("over")]) {
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      /^kustomize assembles the files of this folder; .*over\/a\.yaml:4: Deployment "a": spec.selector is missing and \d more; kubectl kustomize/,
    );
  }
  files({ "whole/kustomization.yaml": "resources: [pod.yaml]\n" });
  expect(policy("whole")).toEqual([]);
});

test("a folder with nothing but kustomize's own file does not pass", () => {
  files({ "over/kustomization.yaml": "resources: [../base]\n" });
  expect(policy("over").join()).toContain("only kustomize's own files, which contain no manifests; kubectl kustomize");
});

test("a folder in the place of a lab file", async () => {
  files({ "app/pod.yaml": pod("p") });
  expect(await loadLab("app", { cwd }).then(() => [], errorsOf)).toEqual([
    'cannot read "app": it is a folder; a lab file names folders of manifests: spec.manifests: [FOLDER]; k8snet-lab policy test -f FOLDER needs no lab file',
  ]);
});

test("warnings that say the same of many objects are one", async () => {
  const of = (names: readonly string[]): string =>
    names
      .map(
        (name) =>
          `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: c, image: x, args: [a] }] }`,
      )
      .join("\n---\n");
  const warnings = async (names: readonly string[]): Promise<readonly string[]> => {
    files({ "app/pods.yaml": of(names), "lab.yaml": clusterLab("    nodes: [n1]\n  manifests: [app]") });
    const loaded = await loadLab("lab.yaml", { cwd });
    return loaded.warnings.map(({ message }) => message.replace(/images.*declared ports/, "…"));
  };
  const ignored = "spec.containers[0].args: args without command are ignored: …";
  expect(await warnings(["a", "b", "c"])).toEqual(["a", "b", "c"].map((name) => `Pod "${name}": ${ignored}`));
  expect(await warnings(["a", "b", "c", "d"])).toEqual([`Pod "a": ${ignored} (and 3 more like this)`]);
});

test("Services without endpoints are one warning", async () => {
  const services = Array.from(
    { length: 5 },
    (_, i) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: s${i} }\nspec: { selector: { app: none }, ports: [{ port: 80 }] }`,
  );
  files({ "app/s.yaml": services.join("\n---\n"), "lab.yaml": clusterLab("    nodes: [n1]\n  manifests: [app]") });
  const { warnings } = await loadLab("lab.yaml", { cwd });
  expect(warnings.map(({ message }) => message)).toEqual([
    "Service default/s0 has no endpoints: its selector matches no pod (and 4 more like this)",
  ]);
});
