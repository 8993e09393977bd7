/** `macvlans`: further MAC addresses on a device. */
import * as z from "zod";
import { interfaceName } from "../../syntax/scalar.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice, readLower } from "./device-kind.ts";

export const macvlan = defineDevice({
  kind: "macvlan",
  about: "macvlan devices by name",
  sharesSegment: true,
  schema: () => {
    return z.strictObject({
      ...deviceFields(),
      dev: interfaceName.describe("The device that it is on"),
      mode: z.enum(["bridge", "private", "vepa", "passthru"]).optional().describe("Default bridge"),
    });
  },
  resolve({ dev, mode = "bridge" }, name, table, scope) {
    return { type: "macvlan", link: readLower(dev, name, table, scope), data: { mode } };
  },
});
