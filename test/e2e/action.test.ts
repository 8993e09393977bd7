/** The action for other people's workflows: its steps, run as GitHub's runner runs them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env?: Readonly<Record<string, string>> }[];
  };
}

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".github/actions/test");
const action = parse(readFileSync(join(folder, "action.yml"), "utf8")) as Action;

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: action-lab }
spec:
  cluster: { nodes: [node1], dns: false }
  checks:
    - { name: a answers, from: node1, tcp: "pod/a:80", expect: OUTCOME }
---
apiVersion: v1
kind: Pod
metadata: { name: a }
spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
`;

describe("the action .github/actions/test", () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), "k8snet-action-"));
  });
  afterEach(() => rmSync(work, { recursive: true }));

  /** Exit code of the first step that fails, else 0. */
  function run(inputs: Readonly<Record<string, string>>): {
    code: number;
    stdout: string;
    output: string;
    summary: string;
  } {
    for (const name of ["output", "summary"]) writeFileSync(join(work, name), "");
    let stdout = "";
    let code = 0;
    for (const step of action.runs.steps) {
      const env = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([key, value]) => {
          const name = /^\$\{\{ inputs\.(\w+) \}\}$/u.exec(value)?.[1] ?? "";
          return [key, inputs[name] ?? action.inputs[name]?.default ?? ""];
        }),
      );
      const file = join(work, "step.sh");
      writeFileSync(file, step.run);
      const done = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", file], {
        cwd: work,
        encoding: "utf8",
        env: {
          ...process.env,
          ...env,
          CI: "true",
          GITHUB_ACTIONS: "true",
          GITHUB_ACTION_PATH: folder,
          GITHUB_OUTPUT: join(work, "output"),
          GITHUB_STEP_SUMMARY: join(work, "summary"),
        },
      });
      stdout += done.stdout;
      code = done.status ?? 1;
      if (code !== 0) break;
    }
    const read = (name: string): string => readFileSync(join(work, name), "utf8");
    return { code, stdout, output: read("output"), summary: read("summary") };
  }

  test("labs that pass: a report, a summary; patterns are expanded", () => {
    writeFileSync(join(work, "one.yaml"), LAB.replace("OUTCOME", "open"));
    const ran = run({ files: "*.yaml" });
    expect(ran).toMatchObject({ code: 0, output: `junit=${join(work, "k8snet-lab.xml")}\n` });
    expect(readFileSync(join(work, "k8snet-lab.xml"), "utf8")).toContain('name="a answers"');
    expect(ran.summary).toContain("a answers");
  });

  test("a lab that fails fails the step, and the file is annotated", () => {
    writeFileSync(join(work, "two.yaml"), LAB.replace("OUTCOME", "refused, within: 300ms"));
    const ran = run({ files: "two.yaml" });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^::error file=.*two\.yaml/mu);
  });

  test("another command takes its arguments, and what an input says is never run by the shell", () => {
    writeFileSync(join(work, "three.yaml"), LAB.replace("OUTCOME", "open"));
    expect(run({ command: "validate", files: "three.yaml", args: "--json" })).toMatchObject({ code: 0, output: "" });
    expect(run({ command: "validate", files: "$(touch${IFS}seen) three.yaml" }).code).not.toBe(0);
    expect(spawnSync("ls", [work], { encoding: "utf8" }).stdout).not.toContain("seen");
  });
});
