/** Interfaces, bridges and VXLANs of a raw namespace: their settings, with defaults filled. */
import { IPV6_MIN_MTU } from "../net/mtu.ts";
import { VXLAN_OVERHEAD, VXLAN_PORT } from "../net/vxlan.ts";
import type { BridgeDocument, InterfaceDocument, VxlanDocument } from "./schema.ts";
import { formatAddress, type InterfaceAddress } from "../net/address.ts";
import { listEntries, readAddress, readInterfaceAddress, type OneOrBoth } from "../syntax/address-field.ts";
import type { DeviceTable } from "./device-table.ts";
import { parseDuration, parseRate, parseSize } from "../syntax/quantity.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ZodType } from "zod";
import type { LinkType } from "../net/link-type.ts";
import type { WrittenDevice } from "./devices/device-kind.ts";
import { DEVICE_LISTS, type DeviceList } from "./devices/registry.ts";
import type { Bridge, Device, TypedDevice, Vxlan } from "./device.ts";

const VLAN_WORDS = ["pvid", "tagged"] as const;
const MASTERS = ["bridge", "bond", "vrf"] as const;

interface DeviceFields {
  readonly addresses?: OneOrBoth | undefined;
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  readonly bridge?: string | undefined;
  readonly bond?: string | undefined;
  readonly vrf?: string | undefined;
  readonly pvid?: number | undefined;
  readonly tagged?: readonly number[] | undefined;
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  readonly rate?: InterfaceDocument["rate"];
  readonly up?: boolean | undefined;
}

/** An Ethernet address in lower case; refuses what no device can have. */
export function readMac(text: string, scope: Scope, options: { readonly zero?: boolean } = {}): string {
  const mac = text.toLowerCase();
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1) {
    const first = (Number.parseInt(mac.slice(0, 2), 16) & 0xfe) | 2;
    scope.error(
      `${mac} is a multicast address`,
      `the first byte must be even: ${first.toString(16).padStart(2, "0")}${mac.slice(2)}`,
    );
  } else if (mac === "00:00:00:00:00:00" && options.zero !== true) {
    scope.error("00:00:00:00:00:00 is not a valid device address", "write for example 02:00:00:00:00:01");
  }
  return mac;
}

function readRate(value: InterfaceDocument["rate"], scope: Scope): Device["rate"] {
  if (value === undefined) return undefined;
  const fields = typeof value === "object" ? value : { rate: value };
  const rateScope = typeof value === "object" ? scope.at("rate") : scope;
  const bps = parseRate(fields.rate);
  if (bps === undefined || bps < 8) {
    rateScope.error(`${JSON.stringify(fields.rate)} is not a rate`, "write for example 10mbit, 512kbit or 1gbit");
    return undefined;
  }
  const burst = fields.burst === undefined ? Math.max(32 * 1024, Math.ceil(bps / 8 / 100)) : parseSize(fields.burst);
  if (burst === undefined)
    scope.at("burst").error(`${JSON.stringify(fields.burst)} is not a size`, "write for example 32kb or 1600");
  const latency = fields.latency === undefined ? 50 : parseDuration(fields.latency);
  if (latency === undefined || latency < 1)
    scope
      .at("latency")
      .error(`${JSON.stringify(fields.latency)} is not a duration of at least 1ms`, "write for example 50ms");
  return { bps, burst: burst ?? 32 * 1024, latency: latency ?? 50 };
}

function readDeviceAddresses(
  value: OneOrBoth | undefined,
  scope: Scope,
): readonly { parsed: InterfaceAddress; scope: Scope }[] {
  const seen = new Set<string>();
  const result: { parsed: InterfaceAddress; scope: Scope }[] = [];
  for (const entry of listEntries(value, scope)) {
    const parsed = readInterfaceAddress(entry.text, entry.scope);
    if (parsed === undefined) continue;
    const key = formatAddress(parsed.address);
    if (seen.has(key)) entry.scope.error(`duplicate address ${key}`, "an address can be on a device only once");
    else result.push({ parsed, scope: entry.scope });
    seen.add(key);
  }
  return result;
}

/** `pvid` and `tagged`, as `bridge vlan` has them. */
function readVlans({ pvid, tagged = [] }: DeviceFields, scope: Scope): Device["vlans"] {
  if (pvid === undefined && tagged.length === 0) return undefined;
  const vlans = new Map(tagged.map((vid) => [vid, { vid, pvid: false, untagged: false }]));
  if (vlans.size < tagged.length) scope.at("tagged").error("a VLAN comes twice", "name each VLAN once");
  if (pvid !== undefined && vlans.has(pvid))
    scope.at("pvid").error(`VLAN ${pvid} is tagged here already`, "frames of a VLAN leave with a tag or without");
  if (pvid !== undefined) vlans.set(pvid, { vid: pvid, pvid: true, untagged: true });
  return [...vlans.values()].toSorted((a, b) => a.vid - b.vid);
}

/** VLANs count only on a bridge that filters by them. */
export function checkFiltering(device: Device, bridges: readonly Bridge[], scope: Scope): void {
  if (device.vlans === undefined) return;
  const bridge = bridges.find(({ name }) => name === (device.bridge ?? device.name));
  const word = device.vlans.some(({ pvid }) => pvid) ? "pvid" : "tagged";
  if (bridge !== undefined && bridge.vlanFiltering !== true)
    scope
      .at(word)
      .keyError(`${bridge.name} does not filter by VLANs`, `set bridges: { ${bridge.name}: { vlanFiltering: true } }`);
}

/** What it is a port of: one device of the namespace, of the kind that the field says. */
function readMaster(fields: DeviceFields, name: string, table: DeviceTable, scope: Scope): void {
  const given = MASTERS.filter((kind) => fields[kind] !== undefined);
  for (const kind of given) {
    const master = fields[kind] ?? "";
    const place = scope.at(kind);
    const device = table.get(master);
    if (table.require(master, place, kind) && device !== undefined && device.kind !== kind)
      place.error(`"${master}" is a ${device.kind}, not a ${kind}`, `name a ${kind} of this namespace`);
    if (master === name) place.error(`"${name}" cannot be a port of itself`, `name another ${kind}`);
  }
  const [first, second] = given;
  if (first !== undefined && second !== undefined)
    scope
      .at(second)
      .keyError(`"${name}" is in ${first} ${fields[first] ?? ""} already`, "a device is a port of one device");
  if (fields.bond === undefined) return;
  for (const word of ["mac", "addresses"] as const)
    if (fields[word] !== undefined)
      scope.at(word).keyError(`"${name}" is a link of a bond: ${word} are those of ${fields.bond}`, `set it there`);
}

function resolveCommon(fields: DeviceFields, name: string, table: DeviceTable, object: string, scope: Scope): Device {
  const addresses = readDeviceAddresses(fields.addresses, scope.at("addresses"));
  table.get(name)?.addresses.push(...addresses.map((a) => a.parsed));
  readMaster(fields, name, table, scope);
  if (fields.bridge === undefined && table.get(name)?.cluster !== true && table.get(name)?.kind !== "bridge") {
    for (const flag of ["hairpin", "isolated", "learning", ...VLAN_WORDS] as const) {
      if (fields[flag] !== undefined)
        scope
          .at(flag)
          .keyError(
            `${flag} is a bridge port's setting, but "${name}" is on no bridge`,
            "add bridge: NAME, or remove it",
          );
    }
  }
  const wantsIPv6 = addresses.find((a) => a.parsed.address.family === "ipv6");
  if (fields.mtu !== undefined && fields.mtu < IPV6_MIN_MTU && wantsIPv6 !== undefined) {
    scope
      .at("mtu")
      .error(
        `MTU ${fields.mtu} is too small for the IPv6 address on it`,
        "IPv6 needs at least 1280 (RFC 8200); the kernel removes it from smaller devices",
      );
  }
  const { mtu, bridge, bond, vrf, hairpin, isolated, learning, up } = fields;
  const mac = fields.mac === undefined ? undefined : readMac(fields.mac, scope.at("mac"));
  const rate = readRate(fields.rate, scope.at("rate"));
  return {
    name,
    addresses: addresses.map((a) => ({
      address: `${formatAddress(a.parsed.address)}/${a.parsed.prefix.length}`,
      cause: a.scope.cause(object, `address of ${name}`),
    })),
    mac,
    mtu,
    bridge,
    bond,
    vrf,
    vlans: readVlans(fields, scope),
    hairpin,
    isolated,
    learning,
    up,
    rate,
    cause: scope.cause(object, `device ${name}`),
  };
}

/** Settings of a link's end, of lo, or of a device that the cluster made. */
export function resolveInterface(
  doc: InterfaceDocument,
  name: string,
  table: DeviceTable,
  object: string,
  scope: Scope,
): Device {
  if (name === "lo") {
    for (const key of ["mac", ...MASTERS, "rate"] as const) {
      if (doc[key] !== undefined)
        scope.at(key).keyError(`lo does not take ${key}`, "lo can be given addresses, mtu and up");
    }
  }
  return resolveCommon(doc, name, table, object, scope);
}

/** A device of one of the lists of devices/registry.ts. */
export function resolveTyped(
  list: DeviceList,
  doc: unknown,
  name: string,
  table: DeviceTable,
  object: string,
  scope: Scope,
): TypedDevice {
  const { kind, resolve } = DEVICE_LISTS[list] as WrittenDevice<ZodType, TypedDevice["kind"], LinkType>;
  const common = resolveCommon(doc ?? {}, name, table, object, scope);
  return { ...common, kind, ...resolve(doc ?? {}, name, table, scope) };
}

export function resolveBridge(
  doc: BridgeDocument,
  name: string,
  table: DeviceTable,
  object: string,
  scope: Scope,
): Bridge {
  const ageing = doc.ageing === undefined ? undefined : parseDuration(doc.ageing);
  if (doc.ageing !== undefined && ageing === undefined)
    scope.at("ageing").error(`${JSON.stringify(doc.ageing)} is not a duration`, "write for example 300s");
  return {
    ...resolveCommon(doc, name, table, object, scope),
    stp: doc.stp ?? false,
    vlanFiltering: doc.vlanFiltering,
    ...(ageing === undefined ? {} : { ageingSeconds: Math.round(ageing / 1000) }),
  };
}

/** A VXLAN device; its `learning` is that of the tunnel, not of a bridge port. */
export function resolveVxlan(
  doc: VxlanDocument,
  name: string,
  table: DeviceTable,
  object: string,
  scope: Scope,
): Vxlan {
  const { learning, ...fields } = doc;
  const common = resolveCommon(fields, name, table, object, scope);
  if (doc.dev !== undefined && table.require(doc.dev, scope.at("dev")) && doc.dev === name) {
    scope.at("dev").error("a VXLAN cannot run over itself", "name the device towards the underlay");
  }
  const local = doc.local === undefined ? undefined : readAddress(doc.local, scope.at("local"));
  if (local !== undefined && table.owner(local) === undefined) {
    scope
      .at("local")
      .warn(
        `${formatAddress(local)} is not an address of ${table.namespace}`,
        "give it to an interface of this namespace, or nothing leaves the tunnel",
      );
  }
  const remotes: string[] = [];
  for (const entry of listEntries(doc.remotes, scope.at("remotes"))) {
    const remote = readAddress(entry.text, entry.scope);
    if (remote === undefined) continue;
    const text = formatAddress(remote);
    if (local !== undefined && remote.family !== local.family)
      entry.scope.error(
        `${text} is of another family than local ${formatAddress(local)}`,
        "a tunnel uses one address family",
      );
    else if (local !== undefined && remote.value === local.value)
      entry.scope.error(`${text} is the tunnel's own end`, "remotes are the other ends");
    else if (remotes.includes(text)) entry.scope.error(`duplicate remote ${text}`, "name each remote once");
    else remotes.push(text);
  }
  return {
    ...common,
    vni: doc.vni,
    port: doc.port ?? VXLAN_PORT,
    ...(local === undefined ? {} : { local: formatAddress(local) }),
    ...(doc.dev === undefined ? {} : { dev: doc.dev }),
    learn: learning ?? true,
    remotes,
  };
}

/** Warns about a tunnel whose packets do not fit the underlying device. */
export function checkVxlanMtu(vxlan: Vxlan, underlayMtu: number, scope: Scope): void {
  const overhead = vxlan.local?.includes(":") === true ? VXLAN_OVERHEAD.ipv6 : VXLAN_OVERHEAD.ipv4;
  if (vxlan.mtu !== undefined && vxlan.mtu > underlayMtu - overhead) {
    scope
      .at("mtu")
      .warn(
        `MTU ${vxlan.mtu} does not fit: the underlay carries ${underlayMtu}, VXLAN takes ${overhead} of it`,
        `at most ${underlayMtu - overhead} gets through; larger packets are lost`,
      );
  }
}
