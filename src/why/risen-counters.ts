/** Which counters of lost packets rose while one was under way: evidence, where nothing says it of the packet itself. */
import type { AgentClient } from "../agent/client.ts";
import type { Methods } from "../agent/protocol.ts";

type ByNamespace = Methods["dropCounters"]["result"]["counters"];

/** Namespaces whose counters are compared. */
const MOST = 30;

export interface RisenCounter {
  readonly ns: string;
  /** `IpInNoRoutes`, `eth0 rx_dropped`, `conntrack drop`. */
  readonly counter: string;
  readonly by: number;
}

export async function dropCounters(client: AgentClient, namespaces: readonly string[]): Promise<ByNamespace> {
  const asked = client.call("dropCounters", { namespaces: namespaces.slice(0, MOST) });
  return (await asked.catch(() => ({ counters: {} }))).counters;
}

export function risenCounters(before: ByNamespace, after: ByNamespace): readonly RisenCounter[] {
  return Object.entries(after).flatMap(([ns, counters]) => {
    const first = before[ns];
    if (first === undefined) return [];
    return Object.entries(counters).flatMap(([counter, value]) => {
      const by = value - (first[counter] ?? value);
      return by > 0 ? [{ ns, counter, by }] : [];
    });
  });
}
