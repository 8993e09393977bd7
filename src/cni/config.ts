/**
 * Network configurations: lists of plugins (`.conflist`), and single ones (`.conf`, `.json`) as lists of one, read as libcni does
 * (libcni/conf.go of containernetworking/cni v1.3.0) and refused in its words.
 */
import { compareVersions, CURRENT } from "./version.ts";

export type Json = Readonly<Record<string, unknown>>;

/** One plugin of a list: what it is called with, and what decides how. */
export interface PluginConfig {
  readonly type: string;
  /** The object as it stands in the file. */
  readonly object: Json;
}

export interface NetworkList {
  readonly name: string;
  /** Empty: the file names none. */
  readonly cniVersion: string;
  readonly disableCheck: boolean;
  readonly disableGC: boolean;
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly PluginConfig[];
}

/** Where in the object the mistake is: for a position in the user's file. */
export class ConfigError extends Error {
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[] = []) {
    super(message);
    this.path = path;
  }
}

/** Go's name for the type of a decoded value. */
function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return typeof value === "number" ? "float64" : typeof value === "boolean" ? "bool" : "string";
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const cut = /end of JSON input|Expected .* at position/.test(said) && isCut(text);
    throw new ConfigError(`error parsing ${what}: ${cut ? "unexpected end of JSON input" : said}`);
  }
}

/** It ends before what it has opened is closed. */
function isCut(text: string): boolean {
  const open = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  return text.trim() === "" || (open.match(/[{[]/g) ?? []).length > (open.match(/[}\]]/g) ?? []).length;
}

function flag(list: Json, key: string): boolean {
  const value = list[key];
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value !== "string")
    throw new ConfigError(`error parsing configuration list: invalid type ${goType(value)} for ${key}`, [key]);
  const word = value.toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  throw new ConfigError(`error parsing configuration list: invalid value ${JSON.stringify(word)} for ${key}`, [key]);
}

/** The newest of `cniVersions` and `cniVersion` that this runtime knows. */
function versionOf(list: Json): string {
  const { cniVersion, cniVersions } = list;
  if (cniVersion !== undefined && typeof cniVersion !== "string")
    throw new ConfigError(`error parsing configuration list: invalid cniVersion type ${goType(cniVersion)}`, [
      "cniVersion",
    ]);
  if (cniVersions === undefined) return cniVersion ?? "";
  if (!Array.isArray(cniVersions))
    throw new ConfigError(`error parsing configuration list: invalid type for cniVersions: ${goType(cniVersions)}`, [
      "cniVersions",
    ]);
  const known: string[] = [];
  const take = (version: string, what: string, path: readonly (string | number)[]): void => {
    try {
      if (compareVersions(version, CURRENT) <= 0) known.push(version);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`error parsing configuration list: invalid ${what}: ${said}`, path);
    }
  };
  for (const [i, version] of cniVersions.entries()) {
    if (typeof version !== "string")
      throw new ConfigError(
        `error parsing configuration list: invalid type for cniVersions index ${i}: ${goType(version)}`,
        ["cniVersions", i],
      );
    take(version, `cniVersions entry ${version} at index ${i}`, ["cniVersions", i]);
  }
  if (cniVersion !== undefined && cniVersion !== "") take(cniVersion, `cniVersion ${cniVersion}`, ["cniVersion"]);
  return known.toSorted(compareVersions).at(-1) ?? cniVersion ?? "";
}

/** One plugin's object. Throws ConfigError. */
export function readPlugin(value: unknown): PluginConfig {
  if (!isObject(value)) throw new ConfigError(`error parsing configuration: ${goType(value)} is not an object`);
  const { type } = value;
  if (type !== undefined && typeof type !== "string")
    throw new ConfigError(`error parsing configuration: invalid type ${goType(type)} for type`, ["type"]);
  if (type === undefined || type === "") throw new ConfigError("error parsing configuration: missing 'type'");
  return { type, object: value };
}

/** A list from its object. `plugins` is empty where they are in the folder NAME beside the file. Throws ConfigError. */
export function readList(value: unknown): NetworkList {
  if (!isObject(value)) throw new ConfigError(`error parsing configuration list: ${goType(value)} is not an object`);
  const { name, plugins } = value;
  if (name === undefined) throw new ConfigError("error parsing configuration list: no name");
  if (typeof name !== "string")
    throw new ConfigError(`error parsing configuration list: invalid name type ${goType(name)}`, ["name"]);
  const list = {
    name,
    cniVersion: versionOf(value),
    disableCheck: flag(value, "disableCheck"),
    disableGC: flag(value, "disableGC"),
    loadOnlyInlinedPlugins: flag(value, "loadOnlyInlinedPlugins"),
  };
  if (plugins === undefined) {
    if (list.loadOnlyInlinedPlugins)
      throw new ConfigError(
        "error parsing configuration list: `loadOnlyInlinedPlugins` is true, and no 'plugins' key",
        ["loadOnlyInlinedPlugins"],
      );
    return { ...list, plugins: [] };
  }
  if (!Array.isArray(plugins))
    throw new ConfigError(`error parsing configuration list: invalid 'plugins' type ${goType(plugins)}`, ["plugins"]);
  if (plugins.length === 0) throw new ConfigError("error parsing configuration list: no plugins in list", ["plugins"]);
  const read = plugins.map((one: unknown, i) => {
    try {
      return readPlugin(one);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(`failed to parse plugin config ${i}: ${error.message}`, ["plugins", i, ...error.path]);
    }
  });
  return { ...list, plugins: read };
}

/** A single plugin's configuration as a list of one, named and versioned as it is. */
function listOfOne(value: unknown): NetworkList {
  const { object, type } = readPlugin(value);
  const { name, cniVersion } = object;
  const list = {
    name: typeof name === "string" ? name : "",
    cniVersion: typeof cniVersion === "string" ? cniVersion : "",
  };
  return { ...list, disableCheck: false, disableGC: false, loadOnlyInlinedPlugins: false, plugins: [{ type, object }] };
}

/** A list, or a single configuration: what a file of /etc/cni/net.d says. Throws ConfigError. */
export function readNetwork(value: unknown): NetworkList {
  const isSingle = isObject(value) && value["plugins"] === undefined && value["type"] !== undefined;
  return isSingle ? listOfOne(value) : readList(value);
}

/** The text of a file named `name`: by its ending a list or a single configuration. Throws ConfigError. */
export function parseNetwork(text: string, name: string): NetworkList {
  const isList = name.endsWith(".conflist");
  const value = parseJson(text, isList ? "configuration list" : "configuration");
  return isList ? readList(value) : listOfOne(value);
}

/** What is written into a plugin's configuration before it is called. Values that are undefined are left out. */
export function inject(config: PluginConfig, values: Readonly<Record<string, unknown>>): Json {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...config.object, ...Object.fromEntries(given) };
}

/** Those arguments for capabilities that the plugin has; undefined where that is none. */
export function runtimeConfig(config: PluginConfig, args: Json): Json | undefined {
  const capabilities = config.object["capabilities"];
  if (!isObject(capabilities)) return undefined;
  const own = Object.entries(args).filter(([name]) => capabilities[name] === true);
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** Folders in which a list's plugins are to keep their state: `dataDir` of host-local, tuning and others. */
export function dataFolders(list: unknown): readonly string[] {
  if (typeof list !== "object" || list === null) return [];
  const found = Object.entries(list).flatMap(([key, value]: [string, unknown]) =>
    key === "dataDir" && typeof value === "string" && value.startsWith("/") ? [value] : dataFolders(value),
  );
  return [...new Set(found)].toSorted();
}
