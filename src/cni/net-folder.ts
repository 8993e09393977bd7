/** Configurations of a folder like /etc/cni/net.d: which one a name means, which one a container runtime takes (libcni/conf.go). */
import { ConfigError, parseNetwork, readPlugin } from "./config.ts";
import type { NetworkList, PluginConfig } from "./config.ts";

export interface ConfigFile {
  /** With its ending; in the folder of a network `NETWORK/FILE`. */
  readonly name: string;
  readonly text: string;
}

const byName = (a: ConfigFile, b: ConfigFile): number => (a.name < b.name ? -1 : 1);

function inFolder<F extends ConfigFile>(files: readonly F[], endings: readonly string[]): readonly F[] {
  return files
    .filter(({ name }) => !name.includes("/") && endings.some((ending) => name.endsWith(ending)))
    .toSorted(byName);
}

/** Plugins in the folder that is named like the network come after those of the list, unless it says loadOnlyInlinedPlugins. */
export function withFolder(list: NetworkList, files: readonly ConfigFile[]): NetworkList {
  const own = list.loadOnlyInlinedPlugins ? [] : files.filter(({ name }) => name.startsWith(`${list.name}/`));
  const more = own.toSorted(byName).map(({ text }): PluginConfig => readPlugin(JSON.parse(text)));
  const plugins = [...list.plugins, ...more];
  if (plugins.length === 0) throw new ConfigError("no plugin configs found");
  return { ...list, plugins };
}

/** The single configuration of this name. Throws ConfigError: none is there, or one before it cannot be read. */
export function findConfig(files: readonly ConfigFile[], name: string, folder: string): NetworkList {
  const configs = inFolder(files, [".conf", ".json"]);
  if (configs.length === 0) throw new ConfigError(`no net configurations found in ${folder}`);
  for (const file of configs) {
    const list = parseNetwork(file.text, file.name);
    if (list.name === name) return list;
  }
  throw new ConfigError(`no net configuration with name ${JSON.stringify(name)} in ${folder}`);
}

/** The list of this name, else the single configuration. Throws ConfigError. */
export function findList(files: readonly ConfigFile[], name: string, folder: string): NetworkList {
  const lists = inFolder(files, [".conflist"]);
  for (const file of lists) {
    const list = withFolder(parseNetwork(file.text, file.name), files);
    if (list.name === name) return list;
  }
  if (lists.length > 0 && inFolder(files, [".conf", ".json"]).length === 0)
    throw new ConfigError(`no net configuration with name ${JSON.stringify(name)} in ${folder}`);
  return findConfig(files, name, folder);
}

/** What a container runtime takes: the first file of the folder. */
export function firstFile<F extends ConfigFile>(files: readonly F[]): F | undefined {
  return inFolder(files, [".conflist", ".conf", ".json"])[0];
}
