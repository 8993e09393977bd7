import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { complete } from "../../src/cli/commands/complete.ts";
import { processContext } from "../../src/cli/context.ts";
import { cli, MAIN, tracesOf } from "./cli.ts";

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
  test.each([...COMMANDS.keys()].filter((name) => name !== "__complete"))("%s", async (name) => {
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
    stderr: expect.stringMatching(/missing required argument.*\nhint: .*exec --help/) as string,
  });
});

test.each([
  [["get", "pods"], "inspect LAB"],
  [["describe", "pod", "web"], "inspect LAB pod/NAME"],
  [["describe", "svc/web"], "explain LAB pod/NAME svc/NAME:80"],
  [["restart", "overlay", "deploy/web"], "rollout LAB"],
  [["ping", "overlay"], "probe LAB"],
])("what users of kubectl type, %j: exit 2, with the command that does it here", async (args, command) => {
  const { code, stderr } = await cli(args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: unknown command /);
  expect(stderr).toContain(command);
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

describe("completion", () => {
  const root = join(import.meta.dirname, "../..");
  const context = { ...processContext(), cwd: root };
  const ask = async (...words: string[]): Promise<string[]> => {
    const found = await complete(words, context);
    return found.map(([word]) => word);
  };

  test("commands, options, choices, files", async () => {
    expect(await ask("")).toEqual(expect.arrayContaining(["up", "test", "capture"]));
    expect(await ask("")).not.toContain("__complete");
    expect(await ask("graph", "--")).toContain("--format");
    expect(await ask("graph", "--format", "")).toEqual(expect.arrayContaining(["mermaid", "dot", "svg"]));
    expect(await ask("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
    expect(await ask("up", "labs/")).toContain(":labs");
    expect(await ask("policy", "")).toEqual(expect.arrayContaining(["test", "explain", "lint"]));
    expect(await ask("policy", "lint", "-f", "")).toContain(":files");
  });

  test.each([
    ["places", ["exec", "overlay", ""], ["node1", "pod/client"]],
    ["interfaces of a place", ["capture", "overlay", "node1/"], ["node1/flannel.1", "node1/cni0"]],
    ["ports of Services and node ports", ["explain", "nodeport", "internet", ""], ["svc/web:80", "node2:30080"]],
    ["who is asked and what", ["probe", "nodeport", "internet", ""], ["svc/web:80", "node2"]],
    ["policies and Services", ["delete", "labs/policy-three-tier.yaml", ""], ["netpol/db", "pod/web"]],
    ["checks by name", ["check", "overlay", "--only", "one byte more does not", ""], ["UDP passes as well"]],
    ["workloads", ["scale", "rolling-update", ""], ["deploy/web"]],
    ["what manifests have", ["policy", "explain", "-f", "labs/policy-three-tier.yaml", ""], ["pod/db", "internet"]],
  ])("%s, from the lab file where the lab is not up", async (_, words, wanted) => {
    expect(await ask(...words)).toEqual(expect.arrayContaining(wanted));
  });

  test("nothing, and no complaint, where there is neither a lab nor a file", async () => {
    for (const words of [
      ["exec", "cli-nothing", ""],
      ["check", "package.json", "--only", ""],
    ])
      expect(await cli(["__complete", "--", ...words], { cwd: root })).toMatchObject({
        code: 0,
        stdout: "",
        stderr: "",
      });
  });

  test("bash: the word before a colon stays, spaces are quoted, only lab files and folders", async () => {
    const typed = [
      ["k8snet-lab explain nodeport internet node2:3", "k8snet-lab explain nodeport internet node2 : 3"],
      ["k8snet-lab check overlay --only one", "k8snet-lab check overlay --only one"],
      ["k8snet-lab up labs/ove", "k8snet-lab up labs/ove"],
      ["k8snet-lab up ", "k8snet-lab up ''"],
    ];
    const script = [
      `k8snet-lab() { ${process.execPath} ${MAIN} "$@"; }`,
      (await cli(["completion", "bash"])).stdout,
      ...typed.map(
        ([line, words]) =>
          `COMP_LINE='${line}'; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _k8snet_lab; printf '%s|' "\${COMPREPLY[@]}"; echo`,
      ),
    ].join("\n");
    const { stdout, stderr } = await execa("bash", ["--norc", "-c", script], { cwd: root });
    expect(stderr).toBe("");
    const [port, check, file, all = ""] = stdout.split("\n");
    expect([port, check, file]).toEqual(["30080|", "one\\ byte\\ more\\ does\\ not|", "labs/overlay.yaml|"]);
    expect(all.split("|")).toContain("labs");
    expect(all).not.toMatch(/\.git|package\.json/);
  });
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
