/** The guide for newcomers: every command in it, in its order, prints what the guide shows. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "labs/docs/guide.md"), "utf8");
const isRoot = process.getuid?.() === 0;

interface Shown {
  readonly command: string;
  /** `…` stands for lines that are left out. */
  readonly output: readonly string[];
}

/** Commands after `$ ` in blocks of a console, each with the lines that follow it. */
const shown: readonly Shown[] = [...guide.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...output] = part.trimEnd().split("\n");
      return { command, output };
    }),
);
const own = /^```yaml\n(apiVersion: k8snet-lab\/v1\n.*?)^```$/ms.exec(guide)?.[1] ?? "";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "guide-"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(join(root, "dist/bin/k8snet-lab"), join(folder, "bin/k8snet-lab"));
  cpSync(join(root, "labs"), join(folder, "labs"), { recursive: true });
  writeFileSync(join(folder, "hello.yaml"), own);
});
afterAll(() => {
  type("k8snet-lab down --all");
  rmSync(folder, { recursive: true });
});

function type(command: string): string {
  const { stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: folder,
    encoding: "utf8",
    env: {
      HOME: process.env["HOME"],
      LANG: "C.UTF-8",
      PATH: [join(folder, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(":"),
    },
  });
  return stdout + stderr;
}

/** Times and the sizes of plans are those of another day. */
function timeless(line: string): string {
  return line
    .trimEnd()
    .replaceAll(/\b\d+(?:\.\d+)? m?s\b/g, "TIME")
    .replaceAll(/\b\d+ (?=operations|resources)/g, "N ");
}

test("commands and outputs are found", () => {
  expect(shown.length).toBeGreaterThan(8);
  expect(own).toContain("kind: Pod");
});

test("every command prints what is shown (needs root)", { timeout: 120_000 }, (context) => {
  context.skip(!isRoot, "needs root");
  for (const { command, output } of shown) {
    const lines = type(command).split("\n").map(timeless);
    let at = 0;
    for (const line of output.filter((text) => text.trim() !== "…").map(timeless)) {
      const found = lines.indexOf(line, at);
      expect(found, `$ ${command}\n${lines.join("\n")}\nhas no line after line ${at}: ${line}`).toBeGreaterThanOrEqual(
        0,
      );
      at = found + 1;
    }
    // Where nothing is left out, nothing else is printed.
    if (!output.some((text) => text.trim() === "…") && output.length > 0)
      expect(
        lines.filter((line) => line !== ""),
        command,
      ).toHaveLength(output.length);
  }
});
