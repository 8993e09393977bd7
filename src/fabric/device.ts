/** A device as it is written, with its addresses and rate, and the resources that these are. */
import type { Cause } from "../cause.ts";
import { canonicalAddress, canonicalOptional, familyOf } from "../net/families.ts";
import type { BridgeVlan } from "../resources/observed.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import type { WireguardSettings } from "../resources/wireguard/settings.ts";
import type { TypedSettings } from "./devices/device-kind.ts";
import type { DEVICE_LISTS, DeviceList } from "./devices/registry.ts";
import type { DeviceSettings, Spec } from "./topology.ts";

/** An end of a link, `lo`, or a device that others make: it is only set. */
export interface Device {
  readonly name: string;
  /** With prefix length. */
  readonly addresses: readonly (Pick<Spec<"addr">, "prefixRoute"> & {
    readonly address: string;
    readonly cause: Cause;
  })[];
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  /** Bridge in the same namespace that the device is a port of. */
  readonly bridge?: string | undefined;
  /** Bond or VRF in the same namespace, likewise. */
  readonly bond?: string | undefined;
  readonly vrf?: string | undefined;
  /** VLANs of the port, or of the bridge itself; undefined: what the kernel gives. */
  readonly vlans?: readonly BridgeVlan[] | undefined;
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  /** Default true. */
  readonly up?: boolean | undefined;
  /** Egress limit, bits per second. */
  readonly rate?: { readonly bps: number; readonly burst: number; readonly latency: number } | undefined;
  readonly cause: Cause;
}

export interface Bridge extends Device {
  readonly stp: boolean;
  readonly vlanFiltering?: boolean | undefined;
  readonly ageingSeconds?: number | undefined;
}

export interface Vxlan extends Device {
  readonly vni: number;
  readonly port: number;
  readonly local?: string | undefined;
  readonly dev?: string | undefined;
  readonly learn: boolean;
  /** Head-end replication list: all-zero FDB entries. */
  readonly remotes: readonly string[];
}

/** A device that is a type and its settings. */
export interface TypedDevice extends Device, TypedSettings {
  readonly kind: (typeof DEVICE_LISTS)[DeviceList]["kind"];
  readonly wireguard?: WireguardSettings | undefined;
}

export function settingsOf({
  name,
  mac,
  mtu,
  bridge,
  bond,
  vrf,
  hairpin,
  isolated,
  learning,
  up,
}: Device): DeviceSettings {
  return {
    name,
    mac: mac?.toLowerCase(),
    mtu,
    master: bridge ?? bond ?? vrf,
    ...(bond === undefined ? {} : { bonded: true }),
    hairpin,
    isolated,
    learning,
    up,
  };
}

function linkSettings(device: Device): DeviceSettings & LinkSettings {
  return { ...settingsOf(device), up: device.up ?? true };
}

export function bridgeSpecs(bridge: Bridge): readonly Spec[] {
  const { stp, ageingSeconds, vlanFiltering, cause, name, vlans } = bridge;
  const own: readonly Spec[] =
    vlans === undefined ? [] : [{ kind: "bridgevlan", dev: name, bridge: name, vlans, cause }];
  const filter = vlanFiltering === undefined ? {} : { vlanFiltering };
  return [
    { kind: "bridge", ...linkSettings(bridge), stp, ageingSeconds, ...filter, cause },
    ...own,
    ...onDevice(bridge),
  ];
}

export function vxlanSpecs(vxlan: Vxlan): readonly Spec[] {
  const { vni, port, dev, learn, cause, name, remotes } = vxlan;
  const local = canonicalOptional(vxlan.local);
  return [
    { kind: "vxlan", ...linkSettings(vxlan), vni, port, local, dev, learn, cause },
    ...onDevice(vxlan),
    ...remotes.map((dst) => newFdb({ mac: "00:00:00:00:00:00", dev: name, dst, cause })),
  ];
}

export function dummySpecs(dummy: Device): readonly Spec[] {
  return typedSpecs({ ...dummy, kind: "dummy", type: "dummy", data: {} });
}

export function typedSpecs({ kind, type, link, data, wireguard, ...device }: TypedDevice): readonly Spec[] {
  const spec = {
    kind,
    ...linkSettings(device),
    type,
    link,
    data,
    ...(wireguard === undefined ? {} : { wireguard }),
    cause: device.cause,
  } as Spec;
  return [spec, ...onDevice(device)];
}

/** Addresses, VLANs of the port and rate limit. */
export function onDevice({ name: dev, addresses, rate, bridge, vlans, cause }: Device): readonly Spec[] {
  const port: readonly Spec[] =
    bridge === undefined || vlans === undefined ? [] : [{ kind: "bridgevlan", dev, bridge, vlans, cause }];
  const limit: readonly Spec[] =
    rate === undefined ? [] : [{ kind: "qdisc", dev, rate: rate.bps, burst: rate.burst, latency: rate.latency, cause }];
  return [...addresses.map((one) => newAddress(dev, one.address, one.cause, one.prefixRoute)), ...port, ...limit];
}

export function newAddress(dev: string, written: string, cause: Cause, prefixRoute?: false): Spec<"addr"> {
  const address = canonicalAddress(written);
  const flags = prefixRoute === false ? { prefixRoute } : {};
  return { kind: "addr", dev, address, family: familyOf(address), ...flags, cause };
}

export function newFdb({ dev, mac, dst, cause }: Omit<Spec<"fdb">, "kind">): Spec<"fdb"> {
  return { kind: "fdb", dev, mac: mac.toLowerCase(), dst: canonicalOptional(dst), cause };
}
