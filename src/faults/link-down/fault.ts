/** link-down: a device is switched off, as by `ip link set DEV down`. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, withDown, type FaultPlace } from "../places.ts";

export const linkDown = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "link-down",
  lesson:
    "`ip link set DEV down`: the kernel drops routes through the device, its IPv6 addresses and neighbours; the other end loses its carrier.",
  schema: lazy(() => z.strictObject({ at })),
  resolve: ({ at: text }, places) => ({ place: places.place(text) }),
  describe: ({ place }) => `${place.text} is down`,
  inject({ place }, { resources }) {
    return withDown(
      resources,
      devicesAt(place, resources).map((dev) => ({ ns: place.ns, dev })),
    );
  },
  draw: ({ text, is }) => (is === "other" ? undefined : { at: text }),
});
