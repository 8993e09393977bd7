/** Reports and outputs that cannot be written: found out before anything is built, or told by an exit code of their own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli as runCli, MAIN } from "./cli.ts";
import type { CliResult } from "./cli.ts";
import { openPrivateRun } from "./private-run.ts";
import type { PrivateRun } from "./private-run.ts";

const LAB = join(import.meta.dirname, "../../labs/01-namespaces.yaml");
const FAILS = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: fails }
spec:
  topology: { nodes: { red: {} } }
  checks:
    - { name: an address that is not there, from: red, ping: 10.9.9.9, within: 1s }
`;
const QUIET = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: quiet }
spec:
  topology: { nodes: { red: {} } }
`;
let run: PrivateRun;
let folder = "";

beforeEach(async () => {
  run = await openPrivateRun();
  folder = mkdtempSync(join(tmpdir(), "outputs-"));
  writeFileSync(join(folder, "file"), "");
  writeFileSync(join(folder, "quiet.yaml"), QUIET);
});
afterEach(async () => {
  expect(run.traces()).toEqual([]);
  await run.end();
  rmSync(folder, { recursive: true });
});

const cli = (...args: string[]): Promise<CliResult> => runCli(args, { prefix: run.prefix, cwd: folder });
/** With stdout or all else as the shell says. */
const shell = (line: string, env?: Readonly<Record<string, string>>): Promise<CliResult> =>
  runCli([], {
    prefix: [...run.prefix, "sh", "-c", line, process.execPath, MAIN],
    cwd: folder,
    ...(env === undefined ? {} : { env }),
  });

test.each([
  ["--artifacts", "file"],
  ["--artifacts", "file/below"],
  ["--artifacts", "/proc/nope"],
  ["--junit", "."],
  ["--junit", "/proc/nope/junit.xml"],
])("%s %s ends with 2 before anything is built", async (option, path) => {
  // nsenter(1) does not keep the folder that it is called in.
  const { code, stdout, stderr } = await cli("test", "--plain", option, resolve(folder, path), LAB);
  expect(stderr).toContain(`${option}: `);
  expect(stderr).toContain("cannot be written");
  expect(stderr).not.toContain("This is a bug");
  expect(stdout).not.toContain("built");
  expect(code).toBe(2);
});

test("artifacts that were not requested and cannot be written do not change the result", async () => {
  const mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder];
  execFileSync(run.prefix[0] ?? "", [...run.prefix.slice(1), ...mount]);
  const failing = join(tmpdir(), `fails-${process.pid}.yaml`);
  writeFileSync(failing, FAILS);
  const { code, stdout, stderr } = await shell(`cd ${folder} && exec "$0" "$1" test --plain ${failing}`, {
    CI: "true",
  });
  expect(stdout).toContain("the artifacts could not be written: ");
  expect(stderr).not.toContain("This is a bug");
  expect(code).toBe(1);
  rmSync(failing);
  execFileSync(run.prefix[0] ?? "", [...run.prefix.slice(1), "umount", folder]);
});

test("a full stdout ends with 74 and without a stack, and the lab goes", async () => {
  for (const command of [
    `test --plain ${folder}/quiet.yaml`,
    `validate ${folder}/quiet.yaml`,
    "--version",
    "ls --json",
  ]) {
    const { code, stderr } = await shell(`"$0" "$1" ${command} > /dev/full`);
    expect(stderr).not.toContain("at ");
    if (command !== "--version") expect(stderr).toContain("stdout cannot be written: no space left on device");
    expect(code, command).toBe(74);
  }
}, 60_000);

test("a reader that goes away does not stop the command half way, and is not a failure", async () => {
  const { code, stderr, stdout } = await shell(
    `{ "$0" "$1" test --plain ${folder}/quiet.yaml; echo "rc=$?" >&2; } | head -1`,
  );
  expect(stdout).toContain("quiet");
  expect(stderr).toBe("rc=0\n");
  expect(code).toBe(0);
});

test("what is wrong with the input counts more than an output that is full", async () => {
  const { code } = await shell('"$0" "$1" validate nothing.yaml > /dev/full');
  expect(code).toBe(2);
});
