/** Links that lead out of the lab: to the namespace of the machine itself. Built only where the user allows them (--allow-host-links). */
import type { ResourceDefinition } from "../definition.ts";
import { linkDevice } from "../link-settings.ts";
import type { LinkSettings } from "../link-settings.ts";
import type { ResourceBase } from "../resource.ts";
import { hostlinkEncoder } from "./encode.ts";
import { hostlinkPlan } from "./plan.ts";

export interface HostlinkResource extends ResourceBase, LinkSettings {
  readonly kind: "hostlink";
  readonly name: string;
  /** veth: `host` is made, the other end of the pair. macvlan: `host` is there and stays as it is, the lab's device is on it. */
  readonly type: "macvlan" | "veth";
  readonly host: string;
}

export function hostLinksIn(
  resources: readonly (ResourceBase & { readonly kind: string })[],
): readonly HostlinkResource[] {
  return resources.filter((one): one is HostlinkResource => one.kind === "hostlink");
}

export const hostlinkDefinition: ResourceDefinition<HostlinkResource> = {
  kind: "hostlink",
  lives: "kernel",
  speed: "netlink",
  listed: ["link"],
  script: "cable",
  leavesLab: true,
  key: ({ name }) => [name],
  describe: ({ name, type, host }) =>
    type === "veth" ? `veth ${name} to the host's ${host}` : `macvlan ${name} on the host's ${host}`,
  devices: (link) => [{ ...linkDevice("hostlink", link), type: link.type }],
  lesson: () =>
    "A link to the machine that the lab runs on: what is sent here leaves the lab. The machine's own addresses and routes are not touched.",
  requirements: ({ type }) =>
    type === "macvlan" ? [{ use: "macvlan devices", feature: "macvlan", module: "macvlan" }] : [],
  provide: ({ id, ns, name }, index) => index.addDevice(ns, name, id),
  meets: ({ ns, name }, passage) => passage.passes(ns, name),
  plan: hostlinkPlan,
  encode: hostlinkEncoder,
};
