/** Network plugins by the name that `spec.cluster.cni.plugin` gives them: a new one is a folder and a line here. */
import type { CniModel, NetworkPlugin } from "./plugin.ts";
import { flannel } from "./flannel/flannel.ts";
import { kindnet } from "./kindnet/kindnet.ts";

const PLUGINS: Readonly<Record<string, NetworkPlugin>> = {
  flannel,
  kindnet,
};

/** All plugins; the first is what a lab file without `plugin` gets. */
export const NETWORK_PLUGINS: ReadonlyMap<string, NetworkPlugin> = new Map(Object.entries(PLUGINS));

/** The plugin of a cluster. Throws TypeError for a name that no lab file can have. */
export function networkPlugin({ cni }: { readonly cni: Pick<CniModel, "plugin"> }): NetworkPlugin {
  return pluginNamed(cni.plugin);
}

export function pluginNamed(name: string = flannel.name): NetworkPlugin {
  const found = NETWORK_PLUGINS.get(name);
  if (found === undefined) throw new TypeError(`unknown network plugin ${name}`);
  return found;
}
