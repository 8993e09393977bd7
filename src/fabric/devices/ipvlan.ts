/** `ipvlans`: further IP addresses on a device. */
import * as z from "zod";
import { interfaceName } from "../../syntax/scalar.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice, readLower } from "./device-kind.ts";

export const ipvlan = defineDevice({
  kind: "ipvlan",
  about: "ipvlan devices by name",
  sharesSegment: true,
  schema: () => {
    const { mac: _, ...fields } = deviceFields();
    return z.strictObject({
      ...fields,
      dev: interfaceName.describe("The device that it is on"),
      mode: z.enum(["l2", "l3", "l3s"]).optional().describe("Default l2"),
    });
  },
  resolve({ dev, mode = "l2" }, name, table, scope) {
    return { type: "ipvlan", link: readLower(dev, name, table, scope), data: { mode } };
  },
});
