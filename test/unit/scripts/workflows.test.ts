/** What GitHub reads: workflows, actions, issue forms, and the workflows that the documentation shows. */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";

const root = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly name?: string;
  readonly on?: unknown;
  readonly jobs: Readonly<Record<string, { readonly "runs-on": string; readonly steps: readonly Step[] }>>;
}
interface Action {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

function yaml(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true });
  expect([...document.errors, ...document.warnings].map(String)).toEqual([]);
  return document.toJS();
}

/** Blocks of YAML in the pages that are workflows, whole or from `jobs:` on. */
const shown = globSync(["*.md", "{labs,src,.github}/**/*.md"], { cwd: root }).flatMap((page) =>
  [...read(page).matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, text = ""]) => text)
    .filter((text) => /^jobs:/m.test(text))
    .map((text, at) => [`${page}, workflow ${at + 1}`, text] as const),
);
const workflows = globSync(".github/workflows/*.yml", { cwd: root }).map((file) => [file, read(file)] as const);
const actions = globSync(".github/actions/*/action.yml", { cwd: root }).map((file) => [file, read(file)] as const);

function checkStep(step: Step): void {
  expect([step.uses, step.run].filter((one) => one !== undefined)).toHaveLength(1);
  if (step.run !== undefined) {
    // Text that others write (titles, branches) must come by the environment, else it is a script.
    expect(step.run).not.toMatch(/\$\{\{[^}]*(?:github\.event|head_ref|inputs\.)/u);
    const { status, stderr } = spawnSync("bash", ["-n"], {
      input: step.run.replaceAll(/\$\{\{.*?\}\}/gu, "x"),
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    for (const [, path = ""] of step.run.matchAll(/(?:^|\s)((?:\.ci|scripts)\/[\w./-]+)/gmu))
      expect(existsSync(join(root, path)), path).toBe(true);
  }
  if (step.uses === undefined) return;
  const [, own] = /^OWNER\/k8snet-lab\/(.+)@v\d+$/u.exec(step.uses) ?? [];
  if (own === undefined) expect(step.uses).toMatch(/^(?:\.\/[\w./-]+|[\w-]+\/[\w-]+(?:\/[\w-]+)*@v\d+)$/u);
  else {
    const { inputs } = yaml(read(join(own, "action.yml"))) as Action;
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
  }
}

test("there is something to check", () => {
  expect(workflows.map(([file]) => file)).toEqual([".github/workflows/ci.yml"]);
  expect(actions.length).toBeGreaterThan(0);
  expect(shown.length).toBeGreaterThan(1);
});

test.each([...workflows, ...shown])("%s", (_name, text) => {
  const workflow = yaml(text) as Workflow;
  expect(Object.keys(workflow.jobs).length).toBeGreaterThan(0);
  for (const job of Object.values(workflow.jobs)) {
    expect(job["runs-on"]).toMatch(/^ubuntu-\d\d\.04$/);
    for (const step of job.steps) checkStep(step);
  }
});

describe("CI of this repository", () => {
  const workflow = yaml(read(".github/workflows/ci.yml")) as Workflow;

  test("runs .ci/run for pushes and pull requests", () => {
    expect(Object.keys(workflow.on as object)).toEqual(["push", "pull_request"]);
    expect(Object.values(workflow.jobs).flatMap((job) => job.steps.map((step) => step.run))).toContain(".ci/run");
  });
});

test.each(actions)("%s", (_name, text) => {
  const action = yaml(text) as Action;
  expect(action.runs.using).toBe("composite");
  for (const { description } of Object.values(action.inputs)) expect(description).toBeTruthy();
  for (const step of action.runs.steps) {
    checkStep(step);
    if (step.run !== undefined) expect(step.shell).toBe("bash");
  }
});

test.each(globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: root }).filter((file) => !file.endsWith("config.yml")))(
  "%s",
  (file) => {
    const form = yaml(read(file)) as {
      name: string;
      description: string;
      body: { type: string; id?: string; attributes?: object }[];
    };
    expect(form.name && form.description).toBeTruthy();
    for (const { type, id, attributes } of form.body) {
      expect(["textarea", "input", "dropdown", "checkboxes", "markdown"]).toContain(type);
      expect(type === "markdown" || id).toBeTruthy();
      expect(attributes).toHaveProperty(type === "markdown" ? "value" : "label");
    }
    expect(new Set(form.body.map(({ id }) => id)).size).toBe(form.body.length);
  },
);
