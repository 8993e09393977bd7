/** Switches a namespace to forwarding, in the families that it has addresses of. */
import type { PerFamily } from "../../net/family.ts";
import { newSysctl } from "../../fabric/specs.ts";
import type { Spec } from "../../fabric/topology.ts";
import { because, type Cause } from "../../cause.ts";

export function forwarding(address: PerFamily<string>, cause: Cause, reason: string): readonly Spec<"sysctl">[] {
  const sysctls: Spec<"sysctl">[] = [];
  if (address.ipv4 !== undefined)
    sysctls.push(newSysctl({ key: "net.ipv4.ip_forward", value: "1", cause: because(cause, reason) }));
  if (address.ipv6 !== undefined)
    sysctls.push(newSysctl({ key: "net.ipv6.conf.all.forwarding", value: "1", cause: because(cause, reason) }));
  return sysctls;
}
