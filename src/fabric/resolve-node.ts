/** One raw namespace: what `spec.topology.nodes.NAME` says, resolved. */
import type { Family } from "../net/family.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import type { TopologyNodeDocument } from "./schema.ts";
import type { DeviceTable } from "./device-table.ts";
import { didYouMean } from "../syntax/nearest.ts";
import {
  checkVxlanMtu,
  checkFiltering,
  resolveBridge,
  resolveInterface,
  resolveTyped,
  resolveVxlan,
} from "./resolve-device.ts";
import { resolveDnsRecords } from "./resolve-dns-records.ts";
import { checkReceivers } from "./receivers.ts";
import { resolveIptables } from "./resolve-iptables.ts";
import { resolveFdb, resolveNeighbors, resolveRoutes, resolveRules } from "./resolve-route.ts";
import type { Scope } from "../syntax/scope.ts";
import { sysctlMistake } from "./sysctl-value.ts";
import { bridgeSpecs, onDevice, settingsOf, typedSpecs, vxlanSpecs } from "./device.ts";
import { DEVICE_LIST_NAMES, DEVICE_LISTS, listOf, type DeviceList } from "./devices/registry.ts";
import type { Bridge, Device, TypedDevice, Vxlan } from "./device.ts";
import { serverName } from "./node-draft.ts";
import { sysctlDevice } from "../resources/sysctl-key.ts";
import { newSysctl } from "./specs.ts";
import type { Spec, TopologyNode } from "./topology.ts";

const SYSCTL_KEY = /^net[./][a-z0-9_]+([./][A-Za-z0-9_.@-]+)+$/;

/** sysctls of a namespace: `net.*` only, for all others belong to the whole machine. */
export function resolveSysctls(
  doc: Readonly<Record<string, string | number | boolean>>,
  object: string,
  scope: Scope,
): readonly Spec<"sysctl">[] {
  const seen = new Map<string, string>();
  return Object.entries(doc).flatMap(([key, raw]) => {
    const place = scope.at(key);
    const value = typeof raw === "boolean" ? (raw ? "1" : "0") : String(raw);
    if (!SYSCTL_KEY.test(key) || key.includes("..") || key.includes("//")) {
      place.keyError(
        `"${key}" is not a sysctl of a network namespace`,
        "keys begin with net. and contain letters, digits, '_', '.', '-': net.ipv4.ip_forward",
      );
      return [];
    }
    if (!/^[A-Za-z0-9_.,:\t -]+$/.test(value)) {
      place.error(`${JSON.stringify(value)} is not a sysctl's value`, "write a number, or numbers with spaces between");
      return [];
    }
    const canonical = key.replaceAll("/", ".");
    const mistake = sysctlMistake(canonical, value);
    if (mistake !== undefined) {
      place.error(`${JSON.stringify(raw)} is not a value of ${key}`, mistake);
      return [];
    }
    if (seen.has(canonical)) place.keyError(`duplicate sysctl: ${seen.get(canonical)} and ${key}`, "set each key once");
    seen.set(canonical, key);
    return [newSysctl({ key, value, cause: place.cause(object, `sysctl ${key}`) })];
  });
}

/** `80`, `80/tcp`, `53/udp`. */
export function readServer(
  value: number | string,
  scope: Scope,
): { protocol: "tcp" | "udp" | "sctp"; port: number } | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(String(value).trim());
  const port = Number(match?.[1]);
  if (match === null || port < 1 || port > 65535) {
    scope.error(`${JSON.stringify(value)} is not a port`, "write 80 or 53/udp; ports go from 1 to 65535");
    return undefined;
  }
  const protocol = (match[2] ?? "tcp").toLowerCase();
  return { protocol: protocol === "udp" || protocol === "sctp" ? protocol : "tcp", port };
}

function resolveServers(
  docs: readonly (number | string)[],
  setting: Pick<TopologyNode, "name" | "pod">,
  object: string,
  scope: Scope,
): readonly Spec<"server">[] {
  const seen = new Set<string>();
  return docs.flatMap((doc, i) => {
    const place = scope.at(i);
    const server = readServer(doc, place);
    if (server === undefined) return [];
    const key = `${server.port}/${server.protocol}`;
    if (seen.has(key)) {
      place.error(`duplicate server on ${key}`, "a port can be served only once in a namespace");
      return [];
    }
    seen.add(key);
    const cause = place.cause(object, `built-in server on ${key}`);
    return [{ kind: "server", ...serverName(setting), ...server, cause }];
  });
}

function resolveDns(
  doc: NonNullable<TopologyNodeDocument["dns"]>,
  servers: readonly Spec<"server">[],
  object: string,
  scope: Scope,
): readonly Spec<"dns">[] {
  const spec = resolveDnsRecords(doc, scope);
  const other = servers.find((server) => server.port === spec.port && server.protocol !== "sctp");
  if (other !== undefined)
    scope.error(
      `a built-in server is on port ${other.port}/${other.protocol} already`,
      "remove that port from servers: the DNS server needs it",
    );
  return [{ kind: "dns", ...spec, cause: scope.cause(object, "DNS server") }];
}

function resolveProcesses(
  docs: NonNullable<TopologyNodeDocument["processes"]>,
  object: string,
  scope: Scope,
): readonly Spec<"process">[] {
  const seen = new Set<string>();
  return docs.map((doc, i) => {
    const place = scope.at(i);
    if (seen.has(doc.name))
      place.at("name").error(`duplicate process "${doc.name}"`, "process names are unique within a namespace");
    seen.add(doc.name);
    if (doc.command[0] === "")
      place.at("command", 0).error("the program's name is empty", 'write the program first: [sleep, "60"]');
    if (doc.workingDir !== undefined && !doc.workingDir.startsWith("/"))
      place.at("workingDir").error(`"${doc.workingDir}" is not an absolute path`, "begin it with /");
    return {
      kind: "process",
      name: doc.name,
      argv: doc.command,
      env: doc.env ?? {},
      ...(doc.workingDir === undefined ? {} : { cwd: doc.workingDir }),
      cause: place.cause(object, `process ${doc.name}`),
    };
  });
}

/** The devices of a namespace as they are written. */
export interface NodeDevices {
  readonly interfaces: readonly Device[];
  readonly bridges: readonly Bridge[];
  readonly vxlans: readonly Vxlan[];
  /** Those of devices/registry.ts. */
  readonly typed: readonly (TypedDevice & { readonly list: DeviceList })[];
}

export interface NodeSetting {
  readonly name: string;
  readonly role: NetnsResource["role"];
  /** Machine that it lives on. */
  readonly node: string;
  readonly pod?: TopologyNode["pod"];
  readonly devices: DeviceTable;
  /** The cluster layer makes this namespace; the entry adds to it. */
  readonly cluster: boolean;
  readonly families: readonly Family[];
}

/** Declares all but ends of links, so that ports, routes and links can name them. */
export function declareDevices(doc: TopologyNodeDocument, devices: DeviceTable, scope: Scope): void {
  for (const name of Object.keys(doc.bridges ?? {})) {
    devices.add({ name, kind: "bridge", cluster: false, addresses: [], scope: scope.at("bridges", name) });
  }
  for (const name of Object.keys(doc.vxlans ?? {})) {
    devices.add({ name, kind: "vxlan", cluster: false, addresses: [], scope: scope.at("vxlans", name) });
  }
  for (const list of DEVICE_LIST_NAMES) {
    for (const name of Object.keys(doc[list] ?? {})) {
      const { kind } = DEVICE_LISTS[list];
      devices.add({ name, kind, cluster: false, addresses: [], scope: scope.at(list, name) });
    }
  }
}

/** Two devices with the same identity: the kernel refuses the second one, or cannot keep them apart. */
function checkTwice(typed: NodeDevices["typed"], scope: Scope): void {
  const seen = new Map<string, string>();
  for (const device of typed) {
    const words = DEVICE_LISTS[device.list].only?.(device);
    if (words === undefined) continue;
    const other = seen.get(words);
    if (other === undefined) seen.set(words, device.name);
    else scope.at(device.list, device.name).error(`${other} has ${words} already`, "each device needs its own");
  }
}

/** Settings of devices; must run for all namespaces before routes of any are looked at. */
export function resolveDevices(doc: TopologyNodeDocument, setting: NodeSetting, scope: Scope): NodeDevices {
  const { devices } = setting;
  const object = `spec.topology.nodes.${setting.name}`;
  const interfaces = Object.entries(doc.interfaces ?? {}).flatMap(([name, settings]) => {
    const place = scope.at("interfaces", name);
    const device = devices.get(name);
    if (device === undefined) {
      const ends = devices
        .all()
        .filter((d) => listOf(d.kind) === undefined || d.cluster)
        .map((d) => d.name);
      scope.mistakes.dangling(
        place.source(),
        place.path,
        `"${name}" is not an end of a link of ${setting.name}`,
        `add a link with the endpoint ${setting.name}:${name}; ${didYouMean(name, ends, "there are") ?? ""}`,
      );
      return [];
    }
    const list = device.cluster ? undefined : listOf(device.kind);
    if (list !== undefined) {
      place.keyError(`"${name}" is a ${device.kind} of ${setting.name}`, `write its settings under ${list}`);
      return [];
    }
    return [resolveInterface(settings ?? {}, name, devices, object, place)];
  });
  const bridges = Object.entries(doc.bridges ?? {}).map(([name, settings]) =>
    resolveBridge(settings ?? {}, name, devices, object, scope.at("bridges", name)),
  );
  const vxlans = Object.entries(doc.vxlans ?? {}).map(([name, settings]) =>
    resolveVxlan(settings, name, devices, object, scope.at("vxlans", name)),
  );
  const tunnels = new Map<string, string>();
  for (const vxlan of vxlans) {
    const place = scope.at("vxlans", vxlan.name);
    const key = `${vxlan.vni} ${vxlan.port}`;
    const other = tunnels.get(key);
    if (other !== undefined)
      place
        .at("vni")
        .error(
          `VXLAN "${other}" already has VNI ${vxlan.vni} on port ${vxlan.port}`,
          "the kernel allows one device per VNI and port in a namespace",
        );
    tunnels.set(key, vxlan.name);
    const underlay = interfaces.find((i) => i.name === vxlan.dev)?.mtu;
    if (underlay !== undefined) checkVxlanMtu(vxlan, underlay, place);
  }
  const typed = DEVICE_LIST_NAMES.flatMap((list) =>
    Object.entries(doc[list] ?? {}).map(([name, settings]) => ({
      list,
      ...resolveTyped(list, settings, name, devices, object, scope.at(list, name)),
    })),
  );
  for (const device of interfaces) checkFiltering(device, bridges, scope.at("interfaces", device.name));
  for (const device of bridges) checkFiltering(device, bridges, scope.at("bridges", device.name));
  for (const device of vxlans) checkFiltering(device, bridges, scope.at("vxlans", device.name));
  checkTwice(typed, scope);
  for (const device of typed) checkFiltering(device, bridges, scope.at(device.list, device.name));
  checkReceivers({ interfaces, bridges, vxlans, typed }, scope);
  return { interfaces, bridges, vxlans, typed };
}

export function resolveNode(
  doc: TopologyNodeDocument,
  setting: NodeSetting,
  { interfaces, bridges, vxlans, typed }: NodeDevices,
  scope: Scope,
): TopologyNode {
  const { devices, families } = setting;
  const object = `spec.topology.nodes.${setting.name}`;
  const servers = resolveServers(doc.servers ?? [], setting, object, scope.at("servers"));
  for (const key of Object.keys(doc.sysctls ?? {})) {
    const device = sysctlDevice(key);
    if (device !== undefined) devices.require(device, scope.at("sysctls", key));
  }
  return {
    name: setting.name,
    role: setting.role,
    node: setting.node,
    ...(setting.pod === undefined ? {} : { pod: setting.pod }),
    settings: interfaces.map(settingsOf),
    iptables: { user: resolveIptables(doc.iptables ?? [], families, setting.cluster, object, scope.at("iptables")) },
    resources: [
      ...interfaces.flatMap(onDevice),
      ...bridges.flatMap(bridgeSpecs),
      ...vxlans.flatMap(vxlanSpecs),
      ...typed.flatMap(typedSpecs),
      ...resolveRoutes(doc.routes ?? [], devices, object, families, scope.at("routes")),
      ...resolveRules(doc.rules ?? [], devices, object, families, scope.at("rules")),
      ...resolveNeighbors(doc.neighbors ?? [], devices, object, scope.at("neighbors")),
      ...resolveFdb(doc.fdb ?? [], devices, object, scope.at("fdb")),
      ...resolveSysctls(doc.sysctls ?? {}, object, scope.at("sysctls")),
      ...servers,
      ...(doc.dns === undefined ? [] : resolveDns(doc.dns, servers, object, scope.at("dns"))),
      ...resolveProcesses(doc.processes ?? [], object, scope.at("processes")),
    ],
    cause: scope.cause(object, setting.cluster ? `addition to ${setting.name}` : "namespace"),
  };
}
