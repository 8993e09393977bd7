/**
 * What a container runtime does with a network list: ADD in order with the result of the plugin before, DEL in reverse, CHECK, GC,
 * STATUS and VERSION (libcni/api.go of containernetworking/cni v1.3.0). Older plugins are called in the newest version that they know.
 */
import { inject, runtimeConfig } from "./config.ts";
import type { Json, NetworkList, PluginConfig } from "./config.ts";
import { CNI_CODE, CniError, pluginError } from "./error.ts";
import { checkContainerId, checkInterfaceName, checkNetworkName } from "./names.ts";
import { formatResult, parseResult } from "./result.ts";
import { ResultStore } from "./result-store.ts";
import type { Attachment, GcAttachment, ResultCache } from "./result-store.ts";
import type { CniResult } from "./result.ts";
import { agreedVersion, CURRENT, isAtLeast, readVersions, UNNAMED, versionsBy } from "./version.ts";
import type { SpecVersion } from "./version.ts";

type Command = "ADD" | "DEL" | "CHECK" | "GC" | "STATUS" | "VERSION";

export interface PluginOutput {
  /** Null: killed by `signal`. */
  readonly exitCode: number | null;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PluginProgram {
  readonly path: string;
  /** Milliseconds since the epoch at which it was last written. */
  readonly mtime: number;
}

export interface RuntimeHost {
  /** CNI_PATH: where plugins, and those that plugins call, are. */
  readonly path: readonly string[];
  /** Undefined where none of the folders has it. */
  find(type: string): PluginProgram | undefined;
  run(program: string, env: Readonly<Record<string, string>>, stdin: string): Promise<PluginOutput>;
  readonly cache: ResultCache;
}

/** A plugin refused or failed. `message` as libcni has it. */
export class PluginFailure extends Error {
  readonly type: string;
  readonly command: Command;
  readonly error: CniError;

  constructor(type: string, command: Command, error: CniError) {
    super(`plugin type=${JSON.stringify(type)} failed (${VERBS[command]}): ${error.message}`);
    this.type = type;
    this.command = command;
    this.error = error;
  }
}

const VERBS = {
  ADD: "add",
  DEL: "delete",
  CHECK: "check",
  GC: "gc",
  STATUS: "status",
  VERSION: "version",
} as const satisfies Record<Command, string>;

export class CniRuntime {
  readonly #host: RuntimeHost;
  readonly #results: ResultStore;
  readonly #versions = new Map<string, readonly string[]>();

  constructor(host: RuntimeHost) {
    this.#host = host;
    this.#results = new ResultStore(host.cache);
  }

  /** The result of the last plugin. `called`: after each, also one that failed. Throws PluginFailure; the caller then calls del(). */
  async add(list: NetworkList, to: Attachment, called?: (type: string) => Promise<void>): Promise<CniResult> {
    let result: CniResult | undefined;
    for (const plugin of list.plugins)
      try {
        result = await this.#call("ADD", list, plugin, to, result);
      } finally {
        await called?.(plugin.type);
      }
    if (result === undefined) throw new CniError(CNI_CODE.invalidConfig, "no plugins in list");
    this.#results.keep(list, to, result);
    return result;
  }

  /** Whatever is there of it: a namespace, an address or a result that is gone is not an error. */
  async del(list: NetworkList, from: Attachment): Promise<void> {
    const result = this.#results.find(list, from, true);
    for (const plugin of list.plugins.toReversed()) {
      const version = await this.#version(list, plugin);
      await this.#call("DEL", list, plugin, from, isAtLeast(version, "0.4.0") ? result : undefined);
    }
    this.#results.remove(list, from);
  }

  /** Throws what a plugin found missing. */
  async check(list: NetworkList, at: Attachment): Promise<void> {
    const version = list.cniVersion === "" ? UNNAMED : list.cniVersion;
    if (!isAtLeast(version, "0.4.0"))
      throw new CniError(
        CNI_CODE.incompatibleVersion,
        `configuration version ${JSON.stringify(list.cniVersion)} does not support CHECK command`,
      );
    if (list.disableCheck) return;
    const result = this.#results.find(list, at, false);
    for (const plugin of list.plugins)
      if (isAtLeast(await this.#version(list, plugin), "0.4.0")) await this.#call("CHECK", list, plugin, at, result);
  }

  /** DEL for cached attachments of the network that are not `valid`; then GC, where network and plugin know it. Throws AggregateError. */
  async gc(list: NetworkList, valid: readonly GcAttachment[]): Promise<void> {
    if (list.disableGC) return;
    const errors: unknown[] = [];
    const attempt = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => errors.push(error));
    for (const stale of this.attachments(list.name))
      if (!valid.some((one) => one.containerId === stale.containerId && one.ifName === stale.ifName))
        await attempt(this.del(list, stale));
    const named = valid.map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName }));
    for (const plugin of await this.#since11(list))
      await attempt(
        this.#call("GC", list, plugin, undefined, undefined, {
          "cni.dev/valid-attachments": named,
          "cni.dev/attachments": named,
        }),
      );
    if (errors.length > 0)
      throw new AggregateError(
        errors,
        errors.map((one) => (one instanceof Error ? one.message : String(one))).join("\n"),
      );
  }

  /** Throws PluginFailure of the first plugin that is not ready to add. */
  async status(list: NetworkList): Promise<void> {
    for (const plugin of await this.#since11(list)) await this.#call("STATUS", list, plugin);
  }

  /** Cached attachments to a network. */
  attachments(network: string): readonly Attachment[] {
    return this.#results.attachments(network);
  }

  /** Versions of the specification that a plugin supports; asked once, and again when its file has been changed. */
  async versions(type: string): Promise<readonly string[]> {
    const { path, mtime } = this.#program(type);
    const key = `${path} ${mtime}`;
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const env = { CNI_COMMAND: "VERSION", CNI_NETNS: "dummy", CNI_IFNAME: "dummy", CNI_PATH: "dummy" };
    const said = await this.#host.run(path, env, JSON.stringify({ cniVersion: CURRENT }));
    const versions = said.exitCode === 0 ? readVersions(said.stdout) : versionsBy(errorOf(said));
    this.#versions.set(key, versions);
    return versions;
  }

  async #since11(list: NetworkList): Promise<readonly PluginConfig[]> {
    if (list.cniVersion === "" || !isAtLeast(list.cniVersion, "1.1.0")) return [];
    const plugins: PluginConfig[] = [];
    for (const plugin of list.plugins) if (isAtLeast(await this.#version(list, plugin), "1.1.0")) plugins.push(plugin);
    return plugins;
  }

  #program(type: string): PluginProgram {
    if (type.includes("/")) throw new CniError(CNI_CODE.invalidConfig, `invalid plugin name: ${type}`);
    const { path } = this.#host;
    const program = this.#host.find(type);
    if (program !== undefined) return program;
    throw new CniError(
      CNI_CODE.invalidConfig,
      `failed to find plugin ${JSON.stringify(type)} in path [${path.join(" ")}]`,
    );
  }

  async #version({ cniVersion }: NetworkList, { type }: PluginConfig): Promise<SpecVersion> {
    try {
      return agreedVersion(cniVersion === "" ? UNNAMED : cniVersion, await this.versions(type));
    } catch (error) {
      throw error instanceof CniError ? new PluginFailure(type, "VERSION", error) : error;
    }
  }

  async #call(
    command: Command,
    list: NetworkList,
    plugin: PluginConfig,
    to?: Attachment,
    before?: CniResult,
    more: Json = {},
  ): Promise<CniResult | undefined> {
    const { type } = plugin;
    try {
      const { path } = this.#program(type);
      if (to !== undefined) {
        checkContainerId(to.containerId);
        checkInterfaceName(to.ifName);
      }
      checkNetworkName(list.name);
      const cniVersion = await this.#version(list, plugin);
      const prevResult = before === undefined ? undefined : formatResult(before, cniVersion);
      const own = to === undefined ? undefined : runtimeConfig(plugin, to.capabilityArgs);
      const config = inject(plugin, { name: list.name, cniVersion, prevResult, runtimeConfig: own, ...more });
      const said = await this.#host.run(path, this.#env(command, to), JSON.stringify(config));
      if (said.exitCode !== 0) throw errorOf(said);
      return command === "ADD" ? readResult(said.stdout, cniVersion) : undefined;
    } catch (error) {
      throw error instanceof CniError ? new PluginFailure(type, command, error) : error;
    }
  }

  #env(command: Command, to: Attachment | undefined): Readonly<Record<string, string>> {
    const path = this.#host.path.join(":");
    if (to === undefined) return { CNI_COMMAND: command, CNI_PATH: path };
    return {
      CNI_COMMAND: command,
      CNI_CONTAINERID: to.containerId,
      CNI_NETNS: to.netns,
      CNI_IFNAME: to.ifName,
      CNI_ARGS: to.args.map((pair) => pair.join("=")).join(";"),
      CNI_PATH: path,
    };
  }
}

function errorOf({ exitCode, signal, stdout, stderr }: PluginOutput): CniError {
  return pluginError(stdout, stderr, exitCode === null ? `signal: ${signal ?? "killed"}` : `exit status ${exitCode}`);
}

/** A result without a version, or with an empty one, is one of the configuration's. */
function readResult(stdout: string, cniVersion: SpecVersion): CniResult {
  let object: Json;
  try {
    object = JSON.parse(stdout) as Json;
    if (typeof object !== "object" || object === null) throw new TypeError("not an object");
  } catch {
    throw new CniError(
      CNI_CODE.decoding,
      `the plugin's result is not a JSON object: ${JSON.stringify(stdout.trim().slice(0, 200))}`,
    );
  }
  const own = object["cniVersion"];
  return parseResult({ ...object, cniVersion: own === undefined || own === "" ? cniVersion : own });
}
