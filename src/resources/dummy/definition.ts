/** Dummy devices: addresses of the namespace's own, on a device that sends nothing. */
import { linkDevice } from "../link-settings.ts";
import type { LinkSettings } from "../link-settings.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { dummyEncoder } from "./encode.ts";
import { dummyPlan } from "./plan.ts";

/** A device that leads nowhere: its addresses are the namespace's own. */
export interface DummyResource extends ResourceBase, LinkSettings {
  readonly kind: "dummy";
  readonly name: string;
}

export const dummyDefinition: ResourceDefinition<DummyResource> = {
  kind: "dummy",
  lives: "kernel",
  speed: "netlink",
  listed: ["link"],
  script: "own",
  key: ({ name }) => [name],
  describe: ({ name }) => `dummy ${name}`,
  devices: (resource) => [linkDevice("dummy", resource)],
  lesson: () =>
    "A dummy device: it sends nothing anywhere. Its addresses are the namespace's own, so packets to them are taken in and do not travel on.",
  provide: ({ id, ns, name }, index) => index.addDevice(ns, name, id),
  requirements: () => [{ use: "kube-proxy in ipvs mode", feature: "dummy", module: "dummy" }],
  plan: dummyPlan,
  encode: dummyEncoder,
};
