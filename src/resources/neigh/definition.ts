/** Permanent neighbour entries, and proxy entries. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { neighEncoder } from "./encode.ts";
import { neighPlan } from "./plan.ts";

/** A permanent neighbour entry; without a MAC a proxy entry: the namespace answers on `dev` for the address. */
export interface NeighResource extends ResourceBase {
  readonly kind: "neigh";
  readonly family: Family;
  readonly dev: string;
  readonly address: string;
  readonly mac?: string | undefined;
}

export const neighDefinition: ResourceDefinition<NeighResource> = {
  kind: "neigh",
  lives: "kernel",
  speed: "netlink",
  listed: ["neigh"],
  metAt: "neighbour",
  script: "own",
  key: ({ dev, address, mac }) => [dev, address, ...(mac === undefined ? ["proxy"] : [])],
  describe: ({ address, mac, dev }) =>
    mac === undefined ? `neigh proxy ${address} dev ${dev}` : `neigh ${address} lladdr ${mac} dev ${dev}`,
  heading: (_resource, described) => described,
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  answersFor: ({ ns, dev, address, mac }) => (mac === undefined ? { ns, dev, address } : undefined),
  own: ({ dev, address }, own) => void own.neighs.add(`${dev} ${address}`),
  // Permanent ones too, neigh_changeaddr().
  goesWithMac: ({ dev }, device) => dev === device,
  goesWithLink: ({ dev }, device) => dev === device,
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  plan: neighPlan,
  encode: neighEncoder,
};
