/** Linux bridges. */
import { linkDevice, type LinkSettings } from "../link-settings.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { bridgeEncoder } from "./encode.ts";
import { bridgePlan } from "./plan.ts";

export interface BridgeResource extends ResourceBase, LinkSettings {
  readonly kind: "bridge";
  readonly name: string;
  readonly stp: boolean;
  /** Forwarding delay is 0 when STP is off. */
  readonly ageingSeconds?: number | undefined;
  /** Only frames of VLANs that a port has go through it. */
  readonly vlanFiltering?: boolean | undefined;
}

export const bridgeDefinition: ResourceDefinition<BridgeResource> = {
  kind: "bridge",
  lives: "kernel",
  speed: "netlink",
  listed: ["link"],
  script: "cable",
  key: ({ name }) => [name],
  describe: ({ name }) => `bridge ${name}`,
  devices: (resource) => [linkDevice("bridge", resource)],
  lesson: () =>
    "A bridge: a switch inside the namespace. The veth ends of pods are its ports; with an address on it the bridge is also the pods' default gateway. Hairpin mode lets a frame leave by the port it came in by, as a pod that calls itself through a Service needs.",
  provide: ({ id, ns, name }, index) => index.addDevice(ns, name, id),
  meets: ({ ns, name }, passage) => passage.passes(ns, name),
  requirements: ({ vlanFiltering }) =>
    vlanFiltering === true
      ? [{ use: "VLANs of bridge ports", feature: "bridge vlan filtering", module: "bridge" }]
      : [],
  plan: bridgePlan,
  encode: bridgeEncoder,
};
