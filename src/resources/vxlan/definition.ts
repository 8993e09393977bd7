/** VXLAN devices. */
import { linkDevice, type LinkSettings } from "../link-settings.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { vxlanEncoder } from "./encode.ts";
import { vxlanPlan } from "./plan.ts";

export interface VxlanResource extends ResourceBase, LinkSettings {
  readonly kind: "vxlan";
  readonly name: string;
  readonly vni: number;
  readonly port: number;
  readonly local?: string | undefined;
  /** Default remote (a unicast or multicast address). Further remotes are fdb resources with MAC 00:00:00:00:00:00. */
  readonly remote?: string | undefined;
  /** Underlay device. */
  readonly dev?: string | undefined;
  /** Source address learning. */
  readonly learn: boolean;
}

export const vxlanDefinition: ResourceDefinition<VxlanResource> = {
  kind: "vxlan",
  lives: "kernel",
  speed: "netlink",
  listed: ["link"],
  script: "own",
  key: ({ name }) => [name],
  describe: ({ name, vni, port }) => `vxlan ${name} vni ${vni} port ${port}`,
  devices: (resource) => [linkDevice("vxlan", resource)],
  tunnel: ({ ns, name, vni, port, local }) => ({ ns, device: name, tunnel: `vxlan ${vni} ${port}`, local, port }),
  lesson: () =>
    "A VXLAN tunnel end (VTEP, RFC 7348): it wraps whole Ethernet frames in UDP and sends them to another node. The FDB entry of the destination MAC gives the node; a permanent ARP entry gives that MAC. The encapsulation takes 50 bytes of every packet, hence the smaller MTU.",
  provide: ({ id, ns, name }, index) => index.addDevice(ns, name, id),
  own({ name, remote }, own) {
    if (remote !== undefined) own.fdb.add(`${name} 00:00:00:00:00:00 ${remote}`);
  },
  meets: ({ ns, name }, passage) => passage.passes(ns, name),
  plan: vxlanPlan,
  encode: vxlanEncoder,
};
