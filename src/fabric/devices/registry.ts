/** The lists of devices of a namespace, besides `interfaces`, `bridges` and `vxlans`, by their key in a lab file. */
import { bond } from "./bond.ts";
import { dummy } from "./dummy.ts";
import { ipvlan } from "./ipvlan.ts";
import { macvlan } from "./macvlan.ts";
import { tunnel } from "./tunnel.ts";
import { vlan } from "./vlan.ts";
import { wireguard } from "./wireguard.ts";
import { vrf } from "./vrf.ts";

export const DEVICE_LISTS = {
  vlans: vlan,
  bonds: bond,
  macvlans: macvlan,
  ipvlans: ipvlan,
  tunnels: tunnel,
  vrfs: vrf,
  wireguards: wireguard,
  dummies: dummy,
};

export type DeviceList = keyof typeof DEVICE_LISTS;
export const DEVICE_LIST_NAMES = Object.keys(DEVICE_LISTS) as readonly DeviceList[];

/** The list in which devices of a kind are written; undefined: they are ends of links, or `lo`. */
export function listOf(kind: string): string | undefined {
  return (
    { bridge: "bridges", vxlan: "vxlans" }[kind] ?? DEVICE_LIST_NAMES.find((list) => DEVICE_LISTS[list].kind === kind)
  );
}
