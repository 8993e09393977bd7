/** Runs a program of this folder in the virtual machine, with koffi and a file of input, and reads the JSON line that it ends with. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";
import { vmCommand } from "./machine.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Milliseconds; an emulated machine on a busy one takes minutes. */
export const PATIENCE = 900_000;

/** For packages that are CommonJS: a bundle of modules has no require of its own. */
const REQUIRE = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);';

/**
 * `modules`: loaded first; `programs`: files of this machine that are in /tmp/guest/bin there. Undefined: the virtual machine could not
 * be made or started. Throws where the program fails.
 */
export async function runGuest<T>(
  program: string,
  input: unknown,
  modules: readonly string[],
  programs: readonly string[] = [],
): Promise<T | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "vm-"));
  try {
    const options = {
      platform: "node",
      format: "esm",
      bundle: true,
      external: ["koffi"],
      banner: { js: REQUIRE },
    } satisfies BuildOptions;
    // With the agent beside it, for programs that start one.
    const parts = { guest: join(import.meta.dirname, program), agent: join(ROOT, "src/agent/main.ts") };
    await build({ ...options, entryPoints: parts, outdir: folder });
    for (const part of ["koffi", "@koromix"])
      cpSync(join(ROOT, "node_modules", part), join(folder, "node_modules", part), { recursive: true });
    for (const file of programs) cpSync(file, join(folder, "bin", basename(file)));
    writeFileSync(join(folder, "input.json"), JSON.stringify(input));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const script = `echo began; modprobe -a ${modules.join(" ")}; cp -r /mnt/share /tmp/guest && K8SNET_LAB_BUNDLED=1 node /tmp/guest/guest.js /tmp/guest/input.json`;
    const [file = "", ...args] = vmCommand(script);
    const { status, stdout, stderr, error } = spawnSync(file, args, {
      encoding: "utf8",
      timeout: PATIENCE - 30_000,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, VMRUN_SHARE: folder, VMRUN_TIMEOUT: "800" },
    });
    if (!stdout.startsWith("began")) return undefined;
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`the guest ended with ${status}:\n${stdout}\n${stderr}`);
    return JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{")) ?? "{}") as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
