/** UDP ports at which a namespace takes packets of tunnels (foo over UDP): `ip fou`, with the header of GUE. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { fouEncoder } from "./encode.ts";
import { fouPlan } from "./plan.ts";

export interface FouResource extends ResourceBase {
  readonly kind: "fou";
  readonly family: Family;
  readonly port: number;
}

export const fouDefinition: ResourceDefinition<FouResource> = {
  kind: "fou",
  lives: "kernel",
  speed: "tool",
  metAt: "socket",
  script: "own",
  key: ({ family, port }) => [family, port],
  describe: ({ family, port }) => `fou port ${port} gue (${family})`,
  requirements: ({ family }) => [{ use: "tunnels in UDP", feature: "fou", module: family === "ipv6" ? "fou6" : "fou" }],
  plan: fouPlan,
  encode: fouEncoder,
};
