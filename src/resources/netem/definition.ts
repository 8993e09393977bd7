/** Impairments of what a device sends: netem(8) at its root. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { netemEncoder } from "./encode.ts";
import { netemPlan } from "./plan.ts";

/** What happens to packets on their way out. */
export interface Netem {
  /** Milliseconds. */
  readonly delay: number;
  /** Milliseconds, up and down. */
  readonly jitter: number;
  /** Percent of the packets, each. */
  readonly loss: number;
  readonly corrupt: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** Packets in its queue. */
  readonly limit: number;
  /** The same decides alike for the same packets. */
  readonly seed: number;
}

/** As the kernel shows it. */
export type ObservedNetem = Omit<Netem, "seed">;

export interface NetemResource extends ResourceBase, Netem {
  readonly kind: "netem";
  readonly dev: string;
}

export const netemDefinition: ResourceDefinition<NetemResource> = {
  kind: "netem",
  lives: "kernel",
  speed: "netlink",
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ dev }) => `netem dev ${dev}`,
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  own: ({ dev }, own) => void own.qdiscs.add(dev),
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  requirements: () => [{ use: "netem", feature: "netem", module: "sch_netem" }],
  hooks: ({ dev }) => [{ device: dev, direction: "out" }],
  plan: netemPlan,
  encode: netemEncoder,
};
