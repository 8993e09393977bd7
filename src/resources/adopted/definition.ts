/**
 * What CNI plugins made and the lab has no kind of its own for: rules and chains of iptables, tables of nftables, devices whose
 * other half is in another namespace. The lab watches over it; rules that are gone it puts back.
 */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { adoptedEncoder } from "./encode.ts";
import { partKey, partText } from "./part.ts";
import type { AdoptedPart } from "./part.ts";
import { adoptedPlan } from "./plan.ts";

export interface AdoptedResource extends ResourceBase {
  readonly kind: "adopted";
  readonly part: AdoptedPart;
}

export const adoptedDefinition: ResourceDefinition<AdoptedResource> = {
  kind: "adopted",
  lives: "kernel",
  speed: "tool",
  together: (action) => action,
  script: "comment",
  key: ({ part }) => partKey(part),
  describe: ({ part }) => partText(part),
  heading: (_resource, described) => described,
  devices: ({ ns, part }) =>
    part.type === "device" ? [{ ns, name: part.name, kind: "adopted", type: part.kind, mtu: part.mtu }] : [],
  lesson: () => "A device that a CNI plugin made; the lab leaves it as the plugin made it.",
  provide({ id, ns, part }, index) {
    // An attachment needs it: DEL comes before anything of it is removed.
    index.addEnvironment(ns, id);
    if (part.type === "device") index.addDevice(ns, part.name, id);
  },
  own(resource, own) {
    const { part } = resource;
    if (part.type === "qdisc") own.qdiscs.add(`${part.dev} ${part.qdisc}`);
    if (part.type === "nft") own.tables.add(part.table);
    own.rest.push(resource);
  },
  plan: adoptedPlan,
  encode: adoptedEncoder,
};
