/** Interfaces, bridges and VXLANs of a raw namespace: their settings, with defaults filled. */
import { IPV6_MIN_MTU } from "../net/mtu.ts";
import { VXLAN_OVERHEAD, VXLAN_PORT } from "../net/vxlan.ts";
import type { BridgeDocument, InterfaceDocument, VxlanDocument } from "./schema.ts";
import { formatAddress } from "../net/address.ts";
import type { InterfaceAddress } from "../net/address.ts";
import { listEntries, readAddress, readInterfaceAddress } from "../syntax/address-field.ts";
import type { OneOrBoth } from "../syntax/address-field.ts";
import type { DeviceTable } from "./device-table.ts";
import { parseDuration, parseRate, parseSize } from "../syntax/quantity.ts";
import type { Scope } from "../syntax/scope.ts";
import type { Bridge, Device, Vxlan } from "./device.ts";

interface DeviceFields {
  readonly addresses?: OneOrBoth | undefined;
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  readonly bridge?: string | undefined;
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

function resolveCommon(fields: DeviceFields, name: string, table: DeviceTable, object: string, scope: Scope): Device {
  const addresses = readDeviceAddresses(fields.addresses, scope.at("addresses"));
  table.get(name)?.addresses.push(...addresses.map((a) => a.parsed));
  if (fields.bridge !== undefined) {
    const bridge = table.get(fields.bridge);
    if (
      table.require(fields.bridge, scope.at("bridge"), "bridge") &&
      bridge !== undefined &&
      bridge.kind !== "bridge"
    ) {
      scope
        .at("bridge")
        .error(`"${fields.bridge}" is a ${bridge.kind}, not a bridge`, "name a bridge of this namespace");
    }
  } else if (table.get(name)?.cluster !== true) {
    for (const flag of ["hairpin", "isolated", "learning"] as const) {
      if (fields[flag] !== undefined)
        scope
          .at(flag)
          .keyError(
            `${flag} is a bridge port's flag, but "${name}" is on no bridge`,
            "add bridge: NAME, or remove the flag",
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
  const { mtu, bridge, hairpin, isolated, learning, up } = fields;
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
    for (const key of ["mac", "bridge", "rate"] as const) {
      if (doc[key] !== undefined)
        scope.at(key).keyError(`lo does not take ${key}`, "lo can be given addresses, mtu and up");
    }
  }
  return resolveCommon(doc, name, table, object, scope);
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
