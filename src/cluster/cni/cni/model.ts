/** plugin: cni: what a lab file says, and what is kept of it. */
import type { Json, NetworkList } from "../../../cni/config.ts";
import type { CniModel, SchemaWords } from "../plugin.ts";

/** Where plugins are usually installed, and where Debian and Fedora have them. */
export const BIN_DIRS = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"] as const;

export function cniSchema({ z }: SchemaWords) {
  const folder = z
    .string()
    .regex(
      /^(?:\/(?!\.{1,2}(?:\/|$))[^:\s/]+)+\/?$/,
      "must be an absolute path without colons, spaces, empty parts, . and ..",
    );
  return z.strictObject({
    plugin: z
      .literal("cni")
      .describe("Real CNI plugins: the programs of a network configuration list run for each pod"),
    conflist: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())])
      .optional()
      .describe(
        "The network configuration list: a file (.conflist, .conf, .json), relative to this file, or the list itself. {{.PodCIDR}} and {{index .PodCIDRRanges 1}} are the node's. Default: bridge with host-local and portmap, as containerd installs them, but without ipMasq, which would hide pods behind nodes from each other, and with hairpinMode",
      ),
    binDir: z
      .union([folder, z.array(folder).min(1)])
      .optional()
      .describe(`Folders of the plugins' programs; default ${BIN_DIRS.join(", ")}`),
    scripts: z
      .record(z.string(), z.string())
      .optional()
      .describe("Plugins that are scripts, by name: each node has them in the first folder of binDir"),
    routes: z
      .enum(["nodes", "none"])
      .optional()
      .describe(
        "nodes (default): each node has a route to the pods of each other node, by its address; none: spec.topology or a plugin makes them",
      ),
  });
}

/**
 * As containerd's installation script writes it (script/setup/install-cni), for the families that the node has, but without ipMasq, as its network is one
 * node's and policies of a cluster would see nodes in place of the pods of others, and with hairpinMode: pods reach themselves by Services.
 */
export const DEFAULT_LIST: ConflistFile = {
  name: "10-bridge.conflist",
  text: `{
  "cniVersion": "1.0.0",
  "name": "bridge-net",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [{{range $i, $range := .PodCIDRRanges}}{{if $i}}, {{end}}[{ "subnet": "{{$range}}" }]{{end}}],
        "routes": [{{range $i, $route := .Routes}}{{if $i}}, {{end}}{ "dst": "{{$route}}" }{{end}}]
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}`,
};

/** What is known about the text of a file that `conflist` names. */
export interface ConflistFile {
  readonly name: string;
  readonly text: string;
}

export interface CniProtocolModel extends CniModel {
  readonly plugin: "cni";
  /** The list's, as all nodes have it. */
  readonly network: string;
  /** By node, in the cluster's own names: with the node's ranges. */
  readonly lists: Readonly<Record<string, Json>>;
  readonly path: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly routes: boolean;
  /** Of the list, as far as known plugins say it. */
  readonly traits: ListTraits;
}

/** What a list means to packets, by the reference plugins in it. */
export interface ListTraits {
  readonly types: readonly string[];
  /** Plugins that these call for addresses. */
  readonly ipam: readonly string[];
  /** Pods are ports of a bridge. */
  readonly bridged: boolean;
  /** The node has the first address of its range towards its pods. */
  readonly gateway: boolean;
  /** Packets that leave the pod's subnet get the node's address. */
  readonly masquerades: boolean;
}

export function traitsOf({ plugins }: NetworkList): ListTraits {
  const types = plugins.map(({ type }) => type);
  const main = plugins[0]?.object ?? {};
  const ipam = plugins.flatMap(({ object }) => {
    const type = (object["ipam"] as Json | undefined)?.["type"];
    return typeof type === "string" && type !== "" ? [type] : [];
  });
  const isOn = (key: string): boolean => main[key] === true;
  return {
    types,
    ipam,
    bridged: types[0] === "bridge",
    gateway: types[0] === "ptp" || isOn("isGateway") || isOn("isDefaultGateway"),
    masquerades: isOn("ipMasq"),
  };
}
