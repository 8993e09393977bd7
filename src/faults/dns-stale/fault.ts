/** dns-stale: DNS servers whose cache holds what it has for longer than it may. */
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import type { DnsResource } from "../../resources/dns/definition.ts";
import type { Resource } from "../../resources/resource.ts";
import { defineFault } from "../kind.ts";
import type { FaultPlace } from "../places.ts";

interface Stale {
  /** Absent: all that the lab has. */
  readonly place?: FaultPlace | undefined;
  /** As they were when the clock went back. */
  readonly kept?: readonly DnsResource[] | undefined;
}

export const dnsStale = defineFault<{ readonly at?: string | undefined }, Stale>({
  kind: "dns-stale",
  lesson:
    "The clock of a DNS cache has been set back, so its entries do not expire. The lab's DNS servers keep answering with the records that they had when the fault was injected, whatever changes; forwarded names are looked up as before. A clock that jumps ahead has no visible effect: these servers have no cache to lose. Once undone, they answer with current records.",
  schema: lazy(() =>
    z.strictObject({
      at: target.optional().describe("A pod or node that serves DNS; default: all DNS servers of the lab"),
    }),
  ),
  resolve: ({ at: text }, places) => (text === undefined ? {} : { place: places.whole(text) }),
  keep({ place }, resources) {
    const kept = resources.filter((one): one is DnsResource => isMeant(one, place));
    if (kept.length > 0) return { place, kept };
    throw new UsageError(
      place === undefined ? "the lab has no DNS server" : `${place.text} serves no DNS`,
      "k8snet-lab inspect LAB lists the servers",
    );
  },
  describe: ({ place }) => `${place === undefined ? "the lab's DNS" : place.text} answers from a stale cache`,
  inject: ({ kept = [] }, { resources }) => {
    const old = new Map(kept.map((one) => [one.id, one]));
    return resources.map((one) => {
      const before = old.get(one.id);
      return one.kind === "dns" && before !== undefined ? { ...one, zones: before.zones } : one;
    });
  },
  draw: ({ is }) => (is === "other" ? undefined : {}),
});

function isMeant(one: Resource, place: FaultPlace | undefined): boolean {
  return one.kind === "dns" && (place === undefined || one.ns === place.ns);
}
