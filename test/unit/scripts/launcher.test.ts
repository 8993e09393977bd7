/** scripts/launcher.cjs: what a program compiled is there for its next runs, and is never in the way. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const LAUNCHER = readFileSync(join(import.meta.dirname, "../../../scripts/launcher.cjs"), "utf8");
const PROGRAM = `({
"./tool-main.js": function (exports, require, module) { console.log(require("./part.js").twice(21)); process.exitCode = Number(process.argv[3]) || 0; },
"./part.js": function (exports, require, module) { exports.twice = (n) => 2 * n; }
})`;

let folder: string;
let env: NodeJS.ProcessEnv;
const dist = (): string => join(folder, "dist");
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [join(dist(), "tool.js"), ...args], { encoding: "utf8", env });
/** The caches of `tool check` below a folder. */
const caches = (parent: string): string[] =>
  existsSync(parent)
    ? readdirSync(parent, { recursive: true, encoding: "utf8" })
        .filter((name) => name.includes("/tool-check-"))
        .map((name) => join(parent, name))
    : [];
const countIn = (file: string | undefined): number | undefined =>
  file === undefined ? undefined : readFileSync(file)[0];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "launcher-"));
  env = { ...process.env, XDG_CACHE_HOME: join(folder, "own"), NODE_OPTIONS: "" };
  mkdirSync(dist());
  writeFileSync(join(dist(), "tool.js"), LAUNCHER.replace("%NAME%", "tool").replace("%BUILD%", "1"));
  writeFileSync(join(dist(), "tool-main.js"), PROGRAM);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the code cache", () => {
  test("is written by the first three runs", () => {
    for (const count of [1, 2, 3, 3]) {
      expect(run("check")).toBe("42\n");
      expect(caches(dist()).map(countIn)).toEqual([count]);
    }
  });

  test("is taken by the next run also where the program has changed V8's flags", () => {
    const changes = 'require("node:v8").setFlagsFromString("--semi-space-growth-factor=2"); console.log(';
    writeFileSync(join(dist(), "tool-main.js"), PROGRAM.replace("console.log(", changes));
    for (const count of [1, 2, 3, 3]) {
      expect(run("check")).toBe("42\n");
      // The count begins again where V8 refuses what is there.
      expect(caches(dist()).map(countIn)).toEqual([count]);
    }
  });

  test("is not what a run that failed has used", () => {
    expect(spawnSync(process.execPath, [join(dist(), "tool.js"), "check", "3"], { env }).status).toBe(3);
    expect(caches(dist())).toEqual([]);
  });

  test("is what a run has used that found something, one for each subcommand", () => {
    const tool = (...args: string[]) => spawnSync(process.execPath, [join(dist(), "tool.js"), ...args], { env }).status;
    expect(tool("check", "1")).toBe(1);
    expect(caches(dist()).map(countIn)).toEqual([1]);
    for (const [args, names] of [
      [["policy"], ["tool-policy-"]],
      [
        ["policy", "lint"],
        ["tool-policy-", "tool-policy-lint-"],
      ],
    ] as const) {
      tool(...args);
      const files = readdirSync(join(dist(), ".cache"), { recursive: true, encoding: "utf8" });
      const found = files
        .map((name) => basename(name).replace(/[0-9a-f]+$/, ""))
        .filter((name) => name.includes("policy"));
      expect(found.toSorted()).toEqual(names);
    }
  });

  test("is another one under other flags of V8", () => {
    run("check");
    const flags = ["--no-opt", join(dist(), "tool.js"), "check"];
    for (const count of [1, 2]) {
      expect(execFileSync(process.execPath, flags, { encoding: "utf8", env })).toBe("42\n");
      expect(
        caches(dist())
          .map(countIn)
          .toSorted((a, b) => Number(a) - Number(b)),
      ).toEqual([1, count]);
    }
  });

  test("is recreated when it is of no use", () => {
    run("check");
    const [file = ""] = caches(dist());
    for (const bytes of [Buffer.alloc(5000, 3), readFileSync(file).subarray(0, 200), Buffer.alloc(0)]) {
      writeFileSync(file, bytes);
      expect(run("check")).toBe("42\n");
      expect(countIn(file)).toBe(1);
    }
  });

  test("is the user's own where the program cannot be written; another user's is not taken", () => {
    writeFileSync(join(dist(), ".cache"), "");
    expect(run("check")).toBe("42\n");
    const own = caches(env["XDG_CACHE_HOME"] ?? "");
    expect(own.map(countIn)).toEqual([1]);
    run("check");
    expect(own.map(countIn)).toEqual([2]);
    if (process.getuid?.() !== 0) return;
    const [file = ""] = own;
    chownSync(file, 65534, 65534);
    run("check");
    expect(own.map(countIn)).toEqual([1]);
    expect(readdirSync(dirname(file))).toEqual([basename(file)]);
  });
});
