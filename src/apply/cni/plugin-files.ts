/** Where the plugins of a node are, in which version, and how they are run: in its namespace, with folders of the lab's as /var/lib/cni and /run/cni. */
import { execFile } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { promisify } from "node:util";
import type { ResultCache } from "../../cni/result-store.ts";
import type { PluginOutput, PluginProgram, RuntimeHost } from "../../cni/runtime.ts";
import { readIfThere } from "../../kernel/read-file.ts";
import { fileTree } from "../../resources/file/apply.ts";
import { enterArgv } from "../enter.ts";
import type { LabRuntime } from "../runtime.ts";
import { runIn } from "../spawn.ts";

/** Milliseconds; kubelet's own limit for a sandbox is four minutes. */
const LIMIT = 60_000;

/** STATE/cni/NODE: `lib` and `run` are /var/lib/cni and /run/cni there, `attached` has what the lab knows. */
export function cniFolder(runtime: LabRuntime, ns: string): string {
  const folder = `${runtime.folder}/cni/${ns}`;
  for (const name of ["lib/results", "run", "attached"])
    mkdirSync(`${folder}/${name}`, { recursive: true, mode: 0o755 });
  return folder;
}

/** `file`: on this machine; `path` is the one in the node. */
interface FoundPlugin extends PluginProgram {
  readonly file: string;
}

function findPlugin(runtime: LabRuntime, ns: string, path: readonly string[], type: string): FoundPlugin | undefined {
  for (const folder of path)
    for (const root of [fileTree(runtime, ns), ""]) {
      const file = `${root}${folder}/${type}`;
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat?.isFile() === true) return { file, path: `${folder}/${type}`, mtime: stat.mtimeMs };
    }
  return undefined;
}

export class NodePlugins implements RuntimeHost {
  readonly path: readonly string[];
  readonly #runtime: LabRuntime;
  readonly #ns: string;
  readonly #folders: Record<string, string>;
  readonly #versions = new Map<string, Promise<string | undefined>>();

  /** `folders`: others of the node's in which plugins keep their state. */
  constructor(runtime: LabRuntime, ns: string, path: readonly string[], folders: readonly string[]) {
    this.#runtime = runtime;
    this.#ns = ns;
    this.path = path;
    this.#folders = { lib: "/var/lib/cni", run: "/run/cni" };
    for (const [i, folder] of folders.entries())
      if (!/^\/(?:var\/lib|run)\/cni(?:\/|$)/.test(folder)) this.#folders[`data-${i}`] = folder;
  }

  find(type: string): FoundPlugin | undefined {
    return findPlugin(this.#runtime, this.#ns, this.path, type);
  }

  async run(program: string, env: Readonly<Record<string, string>>, stdin: string): Promise<PluginOutput> {
    const parent = cniFolder(this.#runtime, this.#ns);
    for (const name of Object.keys(this.#folders)) mkdirSync(`${parent}/${name}`, { recursive: true, mode: 0o755 });
    const folders = { parent, at: this.#folders };
    const argv = [...enterArgv(this.#runtime, this.#ns, { folders, process: "" }), program];
    const said = await runIn(this.#runtime.netns(this.#ns), argv, { env, input: stdin, timeout: LIMIT });
    if (said.timedOut) return { ...said, exitCode: null, signal: `killed after ${LIMIT / 1000} s` };
    return said;
  }

  get cache(): ResultCache {
    const folder = `${cniFolder(this.#runtime, this.#ns)}/lib/results`;
    return {
      read: (name) => readIfThere(`${folder}/${name}`),
      write: (name, text) => writeFileSync(`${folder}/${name}`, text, { mode: 0o600 }),
      remove: (name) => rmSync(`${folder}/${name}`, { force: true }),
      names: () => readdirSync(folder),
    };
  }

  /** `1.1.1`: what the program calls itself, else its package; undefined for a script. Asked once of each file. */
  version(type: string): Promise<string | undefined> {
    const found = this.find(type);
    if (found === undefined) return Promise.resolve(undefined);
    const key = `${found.file} ${found.mtime}`;
    const known = this.#versions.get(key) ?? this.#versionOf(found);
    this.#versions.set(key, known);
    return known;
  }

  /** Called without CNI_COMMAND the reference plugins introduce themselves; Debian's do not know their version, but dpkg does. */
  async #versionOf({ file, path }: FoundPlugin): Promise<string | undefined> {
    try {
      if (!isProgram(file)) return undefined;
      const { stdout, stderr } = await this.run(path, {}, "");
      return / plugin v(\d\S*)/.exec(stdout + stderr)?.[1] ?? (await packageVersion(file));
    } catch {
      return undefined;
    }
  }
}

function isProgram(file: string): boolean {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(4);
    readSync(fd, head);
    return head.equals(Buffer.from("\u007fELF"));
  } finally {
    closeSync(fd);
  }
}

const run = promisify(execFile);

async function packageVersion(file: string): Promise<string | undefined> {
  const owner = (await run("dpkg-query", ["-S", file])).stdout.split(":")[0] ?? "";
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Version}", owner]);
  return stdout.replace(/^\d+:/, "").split(/[+~-]/)[0];
}

/** What is stored of an attachment, or of a node; undefined when nothing is. */
export function readRecord<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole, or as it was. */
export function writeRecord(path: string, record: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
