/** VLANs of a port of a bridge that filters by them, or of the bridge itself. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import type { BridgeVlan } from "../observed.ts";
import { bridgevlanEncoder } from "./encode.ts";
import { vlanText } from "./changes.ts";
import { bridgevlanPlan } from "./plan.ts";

/** All VLANs of one device; the kernel's own VLAN 1 is not among them unless it is named. */
export interface BridgevlanResource extends ResourceBase {
  readonly kind: "bridgevlan";
  /** The port, or the bridge itself. */
  readonly dev: string;
  readonly bridge: string;
  /** By ascending number. */
  readonly vlans: readonly BridgeVlan[];
}

export const bridgevlanDefinition: ResourceDefinition<BridgevlanResource> = {
  kind: "bridgevlan",
  lives: "kernel",
  speed: "netlink",
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ dev, vlans }) => `bridge vlan dev ${dev} ${vlans.map(vlanText).join(", ")}`,
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  requirements: () => [{ use: "VLANs of bridge ports", feature: "bridge vlan filtering", module: "bridge" }],
  plan: bridgevlanPlan,
  encode: bridgevlanEncoder,
};
