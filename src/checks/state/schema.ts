/** What a check of kind state may say. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { line } from "../../syntax/scalar.ts";
import { checkFields, from } from "../check-fields.ts";

const words = line.min(1);
export const stateSchema = lazy(() =>
  z.strictObject({
    ...checkFields,
    from,
    state: z.strictObject({
      route: words.optional().describe("Words of ip route"),
      neigh: words.optional().describe("Words of ip neigh"),
      fdb: words.optional().describe("Words of bridge fdb"),
      rule: words.optional().describe("Words of ip rule"),
      iptables: words.optional().describe("A rule as iptables-save writes it"),
      sysctl: words.optional().describe("key = value"),
      link: words.optional().describe("Words of ip link"),
      addr: words.optional().describe("Words of ip addr"),
    }),
    expect: z.enum(["present", "absent"]).optional().describe("Default present"),
  }),
);
