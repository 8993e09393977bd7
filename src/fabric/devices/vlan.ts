/** `vlans`: sub-interfaces of a trunk. */
import * as z from "zod";
import { interfaceName } from "../../syntax/scalar.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice, readLower } from "./device-kind.ts";

export const vlan = defineDevice({
  kind: "vlan",
  about: "VLAN sub-interfaces by name",
  schema: () =>
    z.strictObject({
      ...deviceFields(),
      id: z.int().min(1).max(4094).describe("VLAN ID, 1 to 4094"),
      dev: interfaceName.describe("The trunk"),
      protocol: z
        .enum(["802.1Q", "802.1ad"])
        .optional()
        .describe("Kind of tag, default 802.1Q; 802.1ad is the outer one of two"),
    }),
  only: ({ link = "", data }) => `VLAN ${data["id"]} of ${link} (${data["protocol"]})`,
  resolve(doc, name, table, scope) {
    const { id, dev, protocol = "802.1Q" } = doc;
    return { type: "vlan", link: readLower(dev, name, table, scope), data: { protocol, id } };
  },
});
