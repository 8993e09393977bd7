/** node-down: a node without power. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { definitionOf } from "../../resources/definitions.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, machineOf, withDown, type FaultPlace } from "../places.ts";

export const nodeDown = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "node-down",
  lesson:
    "All links that lead out of the node are down, and everything that runs on it and on its pods has ended: servers, processes, proxies, DNS. Undone, all of it is started again; Kubernetes' controllers do not react, as in the first seconds of a real outage.",
  schema: lazy(() => z.strictObject({ at: target.describe("A node") })),
  resolve: ({ at: text }, places) => ({ place: places.node(text) }),
  describe: ({ place }) => `${place.text} has no power`,
  inject({ place }, { resources }) {
    const machine = machineOf(resources, place.ns);
    const left = resources.filter((one) => {
      const { lives, outside } = definitionOf(one);
      return one.node !== machine || outside === true || lives !== "agent";
    });
    return withDown(
      left,
      devicesAt(place, left).map((dev) => ({ ns: place.ns, dev })),
    );
  },
  draw: ({ text, is }) => (is === "node" ? { at: text } : undefined),
});
