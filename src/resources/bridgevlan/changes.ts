/** The way from the VLANs that a bridge port has to those that it should have. */
import type { BridgeVlan } from "../observed.ts";

/** What the kernel gives to each new port (`vlan_default_pvid`). */
export const DEFAULT_VLANS: readonly BridgeVlan[] = [{ vid: 1, pvid: true, untagged: true }];

/** An entry that is there with other flags is set again. */
export function vlanChanges(
  from: readonly BridgeVlan[],
  to: readonly BridgeVlan[],
): { readonly remove: readonly BridgeVlan[]; readonly add: readonly BridgeVlan[] } {
  const had = new Map(from.map((vlan) => [vlan.vid, vlan]));
  const wanted = new Set(to.map(({ vid }) => vid));
  return {
    remove: from.filter(({ vid }) => !wanted.has(vid)),
    add: to.filter(({ vid, pvid, untagged }) => {
      const before = had.get(vid);
      return before?.pvid !== pvid || before.untagged !== untagged;
    }),
  };
}

/** As bridge(8) has it: `10 pvid untagged`. */
export function vlanText({ vid, pvid, untagged }: BridgeVlan): string {
  return [vid, ...(pvid ? ["pvid"] : []), ...(untagged ? ["untagged"] : [])].join(" ");
}
