/** VLANs of bridge ports, and of bridges themselves. */
import type { SyncApplier } from "../../apply/kind.ts";
import type { ApplyContext } from "../../apply/kind.ts";
import { addBridgeVlan, dumpBridgeVlans, removeBridgeVlan } from "../../kernel/rtnl/bridge-vlan.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { BridgeVlan } from "../observed.ts";
import type { BridgevlanResource } from "./definition.ts";
import { DEFAULT_VLANS, vlanChanges } from "./changes.ts";

function bring(resource: BridgevlanResource, to: readonly BridgeVlan[], context: ApplyContext): void {
  const { ns, dev, bridge } = resource;
  const rtnl = rtnlOf(context.netns(ns));
  const index = rtnl.findIndex(dev);
  if (index === undefined) return;
  const { remove, add } = vlanChanges(dumpBridgeVlans(rtnl).get(index) ?? [], to);
  for (const vlan of remove) removeBridgeVlan(rtnl, index, dev === bridge, vlan.vid);
  for (const vlan of add) addBridgeVlan(rtnl, index, dev === bridge, vlan);
}

export const bridgevlan: SyncApplier<"bridgevlan"> = {
  create: (resource, context) => bring(resource, resource.vlans, context),
  update: (resource, _before, context) => bring(resource, resource.vlans, context),
  remove: (resource, context) => bring(resource, DEFAULT_VLANS, context),
};
