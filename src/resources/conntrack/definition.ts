/** Where tracked UDP flows may go. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { conntrackEncoder } from "./encode.ts";
import { conntrackPlan } from "./plan.ts";

/** Where tracked UDP flows of one family may go: flows of these Services that go elsewhere are deleted. */
export interface ConntrackResource extends ResourceBase {
  readonly kind: "conntrack";
  readonly family: Family;
  readonly services: readonly {
    /** `10.96.0.10:53`, `[fd00::10]:53`; a node port at all addresses: `:30053`. */
    readonly to: string;
    /** `10.244.1.2:53`, in kube-proxy's order. */
    readonly endpoints: readonly string[];
  }[];
}

export const conntrackDefinition: ResourceDefinition<ConntrackResource> = {
  kind: "conntrack",
  lives: "kernel",
  speed: "netlink",
  script: "comment",
  key: ({ family }) => [family, "udp"],
  describe: ({ family, services }) =>
    `udp flows (${family}) of ${services.length} ${services.length === 1 ? "address" : "addresses"}: deleted where the endpoint has gone`,
  meets: () => false,
  plan: conntrackPlan,
  encode: conntrackEncoder,
};
