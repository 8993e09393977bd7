/** new-macs: a node that comes back from a reboot with other MAC addresses. */
import * as z from "zod";
import { definitionOf } from "../../resources/definitions.ts";
import type { Resource } from "../../resources/resource.ts";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, withLinks, type FaultPlace } from "../places.ts";

/** Another locally administered address. */
function other(mac: string): string {
  return `${mac.startsWith("0e:") ? "0a" : "0e"}${mac.slice(2)}`;
}

export const newMacs = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "new-macs",
  lesson:
    "The node's links and its VXLAN devices have other MAC addresses than the rest of the lab has learnt: forwarding and neighbour entries that were made for the old ones lead nowhere, and what is only cached heals when it expires. Its own neighbours on these devices are forgotten.",
  schema: lazy(() => z.strictObject({ at: target.describe("A node") })),
  resolve: ({ at: text }, places) => ({ place: places.node(text) }),
  describe: ({ place }) => `${place.text} has other MAC addresses`,
  inject({ place }, { resources }) {
    const devices = new Set(devicesAt(place, resources));
    const there = resources.filter(({ ns }) => ns === place.ns);
    for (const one of there) devices.add(definitionOf(one).tunnel?.(one).device ?? "");
    const isForgotten = (one: Resource): boolean =>
      one.ns === place.ns && [...devices].some((device) => definitionOf(one).goesWithMac?.(one, device));
    const left = resources.filter((one) => !isForgotten(one));
    return withLinks(left, ({ ns, name, mac }) =>
      ns === place.ns && devices.has(name) && mac !== undefined ? { mac: other(mac) } : undefined,
    );
  },
  draw: ({ text, is }) => (is === "node" ? { at: text } : undefined),
});
