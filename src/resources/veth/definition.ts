/** Veth pairs: cables between namespaces, or within one. */
import { linkDevice, peerText, type LinkSettings } from "../link-settings.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { vethEncoder } from "./encode.ts";
import { vethDifferences, vethPlan } from "./plan.ts";

/** A veth pair. `ns`/`name` is its first end; `peer` the other. */
export interface VethResource extends ResourceBase, LinkSettings {
  readonly kind: "veth";
  readonly name: string;
  readonly peer: LinkSettings & { readonly ns: string; readonly node: string; readonly name: string };
}

export const vethDefinition: ResourceDefinition<VethResource> = {
  kind: "veth",
  lives: "kernel",
  speed: "netlink",
  listed: ["route", "link"],
  script: "cable",
  key: ({ name }) => [name],
  describe: ({ name, peer }) => `veth ${name} to ${peer.ns} ${peer.name}`,
  differencesApart: vethDifferences,
  devices(veth) {
    const { ns, name, peer } = veth;
    return [
      { ...linkDevice("veth", veth), peer: { ns: peer.ns, name: peer.name } },
      { ...linkDevice("veth", peer), peer: { ns, name } },
    ];
  },
  lesson({ master, peer }) {
    const far = peer === undefined ? "its peer" : peerText(peer);
    return master === undefined
      ? `One end of a veth pair, a cable between two namespaces: what is sent here arrives at ${far}.`
      : `One end of a veth pair, plugged into the bridge ${master}: what goes in here comes out of ${far}, and vice versa.`;
  },
  provide({ id, ns, name, peer }, index) {
    index.addDevice(ns, name, id);
    index.addDevice(peer.ns, peer.name, id);
  },
  plan: vethPlan,
  encode: vethEncoder,
};
