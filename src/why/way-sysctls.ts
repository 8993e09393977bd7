/** Which sysctls matter to a packet, by the namespaces on its way. */
import type { ObservedState } from "../resources/observed.ts";
import { isSysctl } from "../resources/sysctl/definition.ts";
import { NAMESPACE_SYSCTLS } from "../resources/sysctl/untouched.ts";
import { devicesIn } from "./packet-way.ts";
import type { PacketWay } from "./packet-way.ts";
import { forwardingOf } from "./routing.ts";

export function sysctlsOf(way: PacketWay, applied: ObservedState["applied"]): Record<string, string[]> {
  const wants: Record<string, string[]> = Object.fromEntries(
    way.namespaces.map((ns) => [ns, [...NAMESPACE_SYSCTLS, ...[...devicesIn(way, ns)].map(forwardingOf)]]),
  );
  for (const { ns, key } of Object.values(applied).filter(isSysctl)) wants[ns]?.push(key);
  return wants;
}
