/** mtu: a device takes smaller packets than its lab says. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { mtu as bytes } from "../../syntax/scalar.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import { devicesAt, withLinks, type FaultPlace } from "../places.ts";

export const mtu = defineFault<
  { readonly at: string; readonly mtu: number },
  { readonly place: FaultPlace; readonly mtu: number }
>({
  kind: "mtu",
  lesson:
    "`ip link set DEV mtu N` at this end only: larger packets are fragmented or refused on their way out. Below 1280 the kernel takes IPv6 off the device.",
  schema: lazy(() => z.strictObject({ at, mtu: bytes })),
  resolve: ({ at: text, mtu: size }, places) => ({ place: places.place(text), mtu: size }),
  describe: ({ place, mtu: size }) => `${place.text} has MTU ${size}`,
  inject({ place, mtu: size }, { resources }) {
    const devices = new Set(devicesAt(place, resources));
    return withLinks(resources, ({ ns, name }) => (ns === place.ns && devices.has(name) ? { mtu: size } : undefined));
  },
  draw: ({ text, is }) => (is === "other" ? undefined : { at: text, mtu: 1280 }),
});
