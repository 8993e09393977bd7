/** `vrfs`: routing tables that devices are bound to. */
import * as z from "zod";
import { deviceFields } from "./device-fields.ts";
import { defineDevice } from "./device-kind.ts";

/** local, main and default (rtnetlink(7)). */
const TABLES_OF_ALL: ReadonlySet<number> = new Set([253, 254, 255]);

export const vrf = defineDevice({
  kind: "vrf",
  about: "VRFs by name; devices join one by vrf: NAME",
  schema: () => {
    const { addresses, mac, mtu, up } = deviceFields();
    return z.strictObject({
      addresses,
      mac,
      mtu,
      up,
      table: z.int().min(1).max(4_294_967_295).describe("Its routing table"),
    });
  },
  only: ({ data }) => `table ${data["table"]}`,
  resolve({ table }, _name, _table, scope) {
    if (TABLES_OF_ALL.has(table))
      scope.at("table").error(`table ${table} is that of the whole namespace`, "choose another one, for example 100");
    return { type: "vrf", data: { table } };
  },
});
