/** A container runtime's surroundings for plugins that are scripts: a folder of its own, in which each call is noted. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResultCache } from "../../src/cni/result-store.ts";
import type { PluginOutput, PluginProgram, RuntimeHost } from "../../src/cni/runtime.ts";

/** Notes command and stdin, then answers: VERSION from the file `versions`, ADD from `NAME.result`, anything from `NAME.error` with exit 1. */
const SCRIPT = `#!/bin/sh
here=$(dirname "$0") name=$(basename "$0") input=$(cat)
printf '%s %s %s\\n' "$name" "$CNI_COMMAND" "$input" >>"$here/calls"
[ "$CNI_COMMAND" != VERSION ] || exec cat "$here/versions"
[ ! -e "$here/$name.error" ] || { cat "$here/$name.error"; exit 1; }
[ "$CNI_COMMAND" != ADD ] || cat "$here/$name.result"
`;

export interface PluginCall {
  readonly type: string;
  readonly command: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export class ScriptHost implements RuntimeHost {
  readonly folder = mkdtempSync(join(tmpdir(), "cni-"));
  readonly path = [this.folder];

  constructor(...supported: readonly string[]) {
    mkdirSync(join(this.folder, "results"));
    const versions = supported.length === 0 ? ["0.3.1", "0.4.0", "1.0.0", "1.1.0"] : supported;
    this.write("versions", { cniVersion: versions.at(-1), supportedVersions: versions });
  }

  write(name: string, value: unknown): void {
    writeFileSync(join(this.folder, name), typeof value === "string" ? value : JSON.stringify(value));
  }

  /** A plugin that answers ADD with this, and with an error as soon as there is one. */
  plugin(type: string, result: unknown): void {
    writeFileSync(join(this.folder, type), SCRIPT, { mode: 0o755 });
    this.write(`${type}.result`, result);
  }

  find(type: string): PluginProgram | undefined {
    const file = join(this.folder, type);
    return existsSync(file) ? { path: file, mtime: statSync(file).mtimeMs } : undefined;
  }

  async run(program: string, env: Readonly<Record<string, string>>, input: string): Promise<PluginOutput> {
    const { status, stdout, stderr } = spawnSync(program, [], {
      env: { PATH: process.env["PATH"], ...env },
      input,
      encoding: "utf8",
    });
    return { exitCode: status, stdout, stderr };
  }

  get cache(): ResultCache {
    const folder = join(this.folder, "results");
    return {
      read: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : undefined),
      write: (name, text) => writeFileSync(join(folder, name), text),
      remove: (name) => rmSync(join(folder, name), { force: true }),
      names: () => readdirSync(folder),
    };
  }

  /** All but VERSION since the last time, in their order. */
  calls(): readonly PluginCall[] {
    const file = join(this.folder, "calls");
    appendFileSync(file, "");
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    rmSync(file);
    return lines.flatMap((line) => {
      const [type = "", command = "", ...config] = line.split(" ");
      return command === "VERSION"
        ? []
        : [{ type, command, config: JSON.parse(config.join(" ")) as PluginCall["config"] }];
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
