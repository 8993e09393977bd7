/** The raw layer of a lab file: namespaces and links, every name and address checked against the others. */
import type { Family } from "../net/family.ts";
import type { TopologyDocument, TopologyNodeDocument } from "./schema.ts";
import { DEVICE_LIST_NAMES } from "./devices/registry.ts";
import { DeviceTable } from "./device-table.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { RESERVED_NAMES } from "../net/reserved-names.ts";
import { declareDevices, resolveDevices, resolveNode } from "./resolve-node.ts";
import type { NodeDevices, NodeSetting } from "./resolve-node.ts";
import { resolveWireguard } from "./resolve-wireguard.ts";
import type { WireguardNode } from "./resolve-wireguard.ts";
import { parseAddress } from "../net/address.ts";
import { listEntries } from "../syntax/address-field.ts";
import type { Scope } from "../syntax/scope.ts";
import { INTERFACE_NAME, isOnHost, resolveHostLinks } from "./resolve-host-links.ts";
import { checkSegments } from "./segments.ts";
import type { Topology, TopologyEndpoint, TopologyLink, TopologyNode } from "./topology.ts";
import { objectKey, objectText, sameObject, splitCluster } from "../net/object-ref.ts";
import type { ObjectRef } from "../net/object-ref.ts";

const NODE_NAME = /^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$/;

interface FabricPod {
  readonly cluster?: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly ns: string;
  readonly node: string;
  readonly hostNetwork: boolean;
}

/** The namespaces that a cluster makes, which the raw layer may add to. */
export interface FabricCluster {
  /** For the lab's clusters. */
  readonly names: readonly { readonly name: string }[];
  readonly nodes: readonly { readonly name: string }[];
  readonly switches: readonly { readonly name: string }[];
  readonly pods: readonly FabricPod[];
}

export interface TopologyContext {
  readonly cluster: FabricCluster | undefined;
  /** The cluster's families; a raw lab's follow from its addresses. */
  readonly families: readonly Family[] | undefined;
  /** Devices of the cluster's namespaces; this resolver adds the raw ones. */
  readonly devices: Map<string, DeviceTable>;
  /** Objects that were deleted from the running lab: `Pod default/client`, `Pod west.default/client`. */
  readonly deleted?: ReadonlySet<string> | undefined;
  /** Links to the namespace of this machine itself are mistakes. */
  readonly refuseHostLinks?: boolean | undefined;
}

export interface ResolvedTopology {
  readonly topology: Topology;
  readonly families: readonly Family[];
}

interface Entry {
  readonly doc: TopologyNodeDocument;
  readonly setting: Omit<NodeSetting, "families">;
  readonly scope: Scope;
}

/** Families of all addresses that the raw layer gives to devices; IPv4 when there are none. */
function rawFamilies(doc: TopologyDocument, scope: Scope): readonly Family[] {
  const found = new Set<Family>();
  for (const node of Object.values(doc.nodes ?? {})) {
    const lists = DEVICE_LIST_NAMES.map((list) => node?.[list]);
    for (const devices of [node?.interfaces, node?.bridges, node?.vxlans, ...lists]) {
      for (const device of Object.values(devices ?? {})) {
        for (const entry of listEntries(device?.addresses, scope)) {
          const family = parseAddress(entry.text.split("/", 1)[0] ?? "")?.family;
          if (family !== undefined) found.add(family);
        }
      }
    }
  }
  return found.size === 0 ? ["ipv4"] : (["ipv4", "ipv6"] as const).filter((family) => found.has(family));
}

/** The pod of `pod/NAME`, `pod/NAMESPACE/NAME` and `west.pod/NAME`, which add to it; anything else is a namespace's own name. */
function podRef(key: string, { names = [] }: Partial<FabricCluster>): ObjectRef | undefined {
  const { cluster, text } = splitCluster(key, names);
  const [word, ...parts] = text.split("/");
  const [first, second, ...more] = parts;
  if (word !== "pod" || first === undefined || more.length > 0) return undefined;
  return second === undefined
    ? { cluster, namespace: "default", name: first }
    : { cluster, namespace: first, name: second };
}

/** Deleted from the running lab: what the file adds to it went with it. */
function wasDeleted(key: string, { cluster, deleted }: TopologyContext): boolean {
  const ref = podRef(key, cluster ?? {});
  return ref !== undefined && deleted?.has(`Pod ${objectKey(ref)}`) === true;
}

function podOf(key: string, cluster: FabricCluster | undefined): FabricPod | undefined {
  const ref = podRef(key, cluster ?? {});
  return ref === undefined ? undefined : cluster?.pods.find((pod) => sameObject(pod, ref) && !pod.hostNetwork);
}

function roleInCluster(name: string, cluster: FabricCluster): TopologyNode["role"] | undefined {
  if (cluster.nodes.some((node) => node.name === name)) return "node";
  if (cluster.switches.some((one) => one.name === name)) return "switch";
  return name === "router" || name === "internet" ? name : undefined;
}

function resolveEntry(
  key: string,
  doc: TopologyNodeDocument,
  context: TopologyContext,
  scope: Scope,
): Entry | undefined {
  const { cluster, devices } = context;
  const pod = podOf(key, cluster);
  if (pod !== undefined) {
    const table = devices.get(pod.ns) ?? new DeviceTable(pod.ns);
    return {
      doc,
      scope,
      setting: {
        name: pod.ns,
        role: "pod",
        node: pod.node,
        pod: {
          ...(pod.cluster === undefined ? {} : { cluster: pod.cluster }),
          namespace: pod.namespace,
          name: pod.name,
        },
        devices: table,
        cluster: true,
      },
    };
  }
  if (wasDeleted(key, context)) return undefined;
  if (cluster !== undefined && podRef(key, cluster) !== undefined) {
    const names = cluster.pods.map((p) => objectText("pod", p));
    scope.mistakes.dangling(
      scope.source(),
      scope.path,
      `there is no pod "${key}" with a namespace of its own`,
      didYouMean(key, names, "pods"),
    );
    return undefined;
  }
  const role = cluster === undefined ? undefined : roleInCluster(key, cluster);
  if (role === undefined && (!NODE_NAME.test(key) || key.length > 63)) {
    scope.keyError(
      `${JSON.stringify(key)} cannot name a namespace`,
      "at most 63 letters, digits, '-' and '_', starting and ending with a letter or digit",
    );
    return undefined;
  }
  if (cluster !== undefined && role === undefined && RESERVED_NAMES.test(key)) {
    scope.keyError(`"${key}" is reserved for a cluster's own namespaces`, "give the namespace another name");
    return undefined;
  }
  let table = devices.get(key);
  if (table === undefined) devices.set(key, (table = new DeviceTable(key)));
  return {
    doc,
    scope,
    setting: { name: key, role: role ?? "host", node: key, devices: table, cluster: role !== undefined },
  };
}

function resolveEndpoint(text: string, context: TopologyContext, place: Scope): TopologyEndpoint | undefined {
  const colon = text.lastIndexOf(":");
  const [key, name] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  if (colon < 1 || name === "") {
    place.error(`${JSON.stringify(text)} is not an endpoint`, "write NODE:INTERFACE, for example red:eth0");
    return undefined;
  }
  if (!INTERFACE_NAME.test(name)) {
    place.error(
      `${JSON.stringify(name)} cannot name an interface`,
      name.length > 15
        ? `it has ${name.length} characters; Linux takes at most 15`
        : "use letters, digits, '.', '_', '-' or '@'",
    );
    return undefined;
  }
  const node = podOf(key, context.cluster)?.ns ?? key;
  const table = context.devices.get(node);
  if (wasDeleted(key, context) && table === undefined) return undefined;
  if (table === undefined || node.includes("/") !== (key !== node)) {
    place.dangling(
      `there is no namespace "${key}"`,
      didYouMean(
        key,
        [...context.devices.keys()].filter((n) => !n.includes("/")),
        "there are",
      ) ?? "declare it under spec.topology.nodes",
    );
    return undefined;
  }
  const added = table.add({ name, kind: "veth", cluster: false, addresses: [], scope: place });
  return added === undefined ? undefined : { node, interface: name };
}

function resolveLinks(
  docs: NonNullable<TopologyDocument["links"]>,
  context: TopologyContext,
  scope: Scope,
): readonly TopologyLink[] {
  return docs.flatMap((doc, i) => {
    if (doc.endpoints.some((text) => isOnHost(text, context.devices))) return [];
    const place = scope.at(i);
    const ends = doc.endpoints.map((text, j) => resolveEndpoint(text, context, place.at("endpoints", j)));
    const [a, b] = ends;
    if (a === undefined || b === undefined) return [];
    return [
      {
        endpoints: [a, b] as const,
        ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
        cause: place.cause(`spec.topology.links[${i}]`, `link ${a.node}:${a.interface} to ${b.node}:${b.interface}`),
      },
    ];
  });
}

const NO_DEVICES: NodeDevices = { interfaces: [], bridges: [], vxlans: [], typed: [] };

/** A WireGuard device with its keys and peers; others as they are. */
function withPeers(
  device: NodeDevices["typed"][number],
  entry: Entry | undefined,
  nodes: ReadonlyMap<string, WireguardNode>,
): NodeDevices["typed"][number] {
  const own = nodes.get(entry?.setting.name ?? "");
  if (entry === undefined || own?.wireguards[device.name] === undefined) return device;
  return { ...device, wireguard: resolveWireguard(device.name, own, nodes, entry.scope.at("wireguards", device.name)) };
}

/** Resolves the raw layer; namespaces that a link does not name and a cluster does not make are those in `nodes`. */
export function resolveTopology(doc: TopologyDocument, context: TopologyContext, scope: Scope): ResolvedTopology {
  const entries: Entry[] = [];
  for (const [key, node] of Object.entries(doc.nodes ?? {})) {
    const entry = resolveEntry(key, node ?? {}, context, scope.at("nodes", key));
    if (entry === undefined) continue;
    entries.push(entry);
    declareDevices(entry.doc, entry.setting.devices, entry.scope);
  }
  const links = resolveLinks(doc.links ?? [], context, scope.at("links"));
  const hostLinks = resolveHostLinks(doc.links ?? [], {
    ...context,
    listed: new Set(entries.map(({ setting: { name } }) => name)),
    endpoint: (text, place) => resolveEndpoint(text, context, place),
    scope: scope.at("links"),
  });
  const families = context.families ?? rawFamilies(doc, scope);
  const settings = entries.map((entry) => ({ ...entry, setting: { ...entry.setting, families } }));
  const devices = settings.map((entry) => resolveDevices(entry.doc, entry.setting, entry.scope));
  const tunnelled = new Map(
    settings.map(({ doc: { wireguards = {} }, setting: { name, devices } }) => [name, { name, wireguards, devices }]),
  );
  const parts = devices.map((part, i): NodeDevices => ({
    ...part,
    typed: part.typed.map((device) => withPeers(device, settings[i], tunnelled)),
  }));
  const nodes = settings.map((entry, i) => {
    const node = resolveNode(entry.doc, entry.setting, parts[i] ?? NO_DEVICES, entry.scope);
    return { ...node, resources: [...(hostLinks.get(node.name) ?? []), ...node.resources] };
  });
  checkSegments(
    settings.map(({ setting: { name }, scope: place }, i) => ({ name, scope: place, ...(parts[i] ?? NO_DEVICES) })),
    links,
  );
  return { topology: { nodes, links }, families };
}
