/** A setting that CNI's plugins make on each device towards pods. */
import { because } from "../../cause.ts";
import type { Cause } from "../../cause.ts";
import { newSysctl } from "../../fabric/specs.ts";
import type { Spec } from "../../fabric/topology.ts";

/** The kernel may have no IPv6. */
export function refuseAdvertisements(dev: string, cause: Cause): Spec<"sysctl"> {
  return newSysctl({
    key: `net/ipv6/conf/${dev}/accept_ra`,
    value: "0",
    optional: true,
    cause: because(cause, "CNI takes no router advertisements from pods"),
  });
}
