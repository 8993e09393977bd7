import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { cli, tracesOf } from "./cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-input-"));
  writeFileSync(
    join(folder, "bad.yaml"),
    "apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: cli-bad }\nspec:\n  topology:\n    nodes:\n      red: { interfaecs: {} }\n      blue:\n        routes: [{ to: 10.0.0.300/24 }]\n",
  );
  writeFileSync(
    join(folder, "good.yaml"),
    "apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: cli-good }\nspec:\n  topology:\n    nodes:\n      red: {}\n",
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

test("--version is the package's", async () => {
  expect(await cli(["--version"])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
});

describe("--help of every command has an example", () => {
  test.each(Object.keys(COMMANDS).filter((name) => name !== "__complete"))("%s", async (name) => {
    const { code, stdout } = await cli([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: k8snet-lab ${name}`));
    expect(stdout).toMatch(/Examples?:\n {2}\$ /);
  });
});

test("an unknown command and a missing argument: exit 2, with the nearest name", async () => {
  expect(await cli(["validat"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean validate?") as string,
  });
  expect(await cli(["exec", "overlay"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("missing required argument") as string,
  });
});

test("a driver that is not there is refused by name", async () => {
  expect(await cli(["ls", "--driver", "podman"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("podman") as string,
  });
});

test.each(["up", "test", "validate", "plan", "graph"])(
  "%s of a wrong file: all mistakes with file:line:column, exit 2, nothing touched",
  async (command) => {
    const { code, stderr } = await cli([command, "bad.yaml", ...(command === "up" ? ["--plain"] : [])], {
      cwd: folder,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bad\.yaml:7:\d+: error: .*interfaecs/m);
    expect(stderr).toMatch(/^bad\.yaml:9:\d+: error: .*10\.0\.0\.300/m);
    expect(tracesOf("cli-bad")).toEqual([]);
  },
);

test("validate: a mark for good files, JSON lines for mistakes", async () => {
  expect(await cli(["validate", "good.yaml"], { cwd: folder })).toMatchObject({ code: 0, stdout: "✓ good.yaml\n" });
  const { code, stdout } = await cli(["validate", "--json", "good.yaml", "bad.yaml"], { cwd: folder });
  expect(code).toBe(2);
  const found = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { source: { line: number } });
  expect(found.map((diagnostic) => diagnostic.source.line)).toEqual(expect.arrayContaining([7, 9]));
});

test("a lab that is not there is named, with what to do", async () => {
  expect(await cli(["down", "cli-nothing"])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/error: there is no lab cli-nothing\nhint: /) as string,
  });
  expect(await cli(["up", "nowhere.yaml", "--plain"], { cwd: folder })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("nowhere.yaml") as string,
  });
});

test("completion: commands, options, choices, files", async () => {
  const ask = async (...words: string[]): Promise<string[]> =>
    (await cli(["__complete", "--", ...words])).stdout.split("\n").map((line) => line.split("\t")[0] ?? "");
  expect(await ask("")).toEqual(expect.arrayContaining(["up", "test", "capture"]));
  expect(await ask("")).not.toContain("__complete");
  expect(await ask("graph", "--")).toContain("--format");
  expect(await ask("graph", "--format", "")).toEqual(expect.arrayContaining(["mermaid", "dot", "svg"]));
  expect(await ask("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  expect(await ask("up", "labs/")).toContain(":files");
});

describe("text of inputs reaches terminal and CI log only as text", () => {
  const WEIRD = `apiVersion: v1
kind: "Pod\\n::error file=x.ts::INJECTED\\n\\e]0;OWNED\\a\\u009b2J\\u202e"
metadata: { name: z }
---
apiVersion: v1
kind: Pod
metadata: { name: "b\\r::warning::x ##[error]y\\n  ::stop-commands::z" }
spec: { containers: [{ name: m, "un\\e[7mknown": 1, ports: [{ containerPort: "\\e]52;c;x\\a" }] }] }
`;
  const LAB = "apiVersion: k8snet-lab/v1\nkind: Lab\nmetadata: { name: weird }\nspec: { cluster: {} }\n---\n";
  const OURS = /^::(?:error|warning|notice|group|endgroup)(?: |::|$)/;

  test.each([
    ["validate", ["validate", "-"], LAB + WEIRD],
    ["validate --json", ["validate", "-", "--json"], LAB + WEIRD],
    ["plan", ["plan", "-"], LAB + WEIRD],
    ["policy lint", ["policy", "lint", "-f", "-"], WEIRD],
    ["broken YAML", ["policy", "lint", "-f", "-"], 'a: "\\x\u001b[31m\n::error::x\n'],
    ["an argument", ["inspect", "no\n::error::x\u001b[2J"], ""],
    ["an unknown command", ["\n::error::x\u001b[2J"], ""],
  ])("%s", async (_, args, input) => {
    for (const [name, value] of [
      ["GITHUB_ACTIONS", "true"],
      ["FORCE_COLOR", "1"],
    ] as const) {
      const { stdout, stderr } = await cli(args, { input, env: { [name]: value } });
      const all = stdout + stderr;
      expect(all.replaceAll(/\u001b\[\d+m/g, "")).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(all).not.toContain("\u001b[31m\n");
      const commands = all.split("\n").filter((line) => line.trimStart().startsWith("::") || line.includes("##["));
      for (const line of commands) {
        expect(line).toMatch(OURS);
        expect(line).not.toMatch(/^::(?:error|warning)::/);
      }
    }
  });

  test("a file whose name is a command", async () => {
    writeFileSync(join(folder, "::error::x.yaml"), LAB + WEIRD);
    const { stderr } = await cli(["validate", "::error::x.yaml"], { cwd: folder });
    expect(stderr).not.toMatch(/^\s*::/m);
    expect(stderr).toContain("\\u003a:error::x.yaml");
  });
});
