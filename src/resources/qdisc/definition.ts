/** Rate limits: a token bucket at a device's root. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { qdiscEncoder } from "./encode.ts";
import { qdiscPlan } from "./plan.ts";

/** Egress rate limit of a device by tc tbf. */
export interface QdiscResource extends ResourceBase {
  readonly kind: "qdisc";
  readonly dev: string;
  /** Bits per second. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  /** Milliseconds. */
  readonly latency: number;
}

export const qdiscDefinition: ResourceDefinition<QdiscResource> = {
  kind: "qdisc",
  lives: "kernel",
  speed: "netlink",
  planned: "byDevice",
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ rate, dev }) => `rate limit ${rate} bit/s dev ${dev}`,
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  own: ({ dev }, own) => void own.qdiscs.add(dev),
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  hooks: ({ dev }) => [{ device: dev, direction: "out" }],
  plan: qdiscPlan,
  encode: qdiscEncoder,
};
