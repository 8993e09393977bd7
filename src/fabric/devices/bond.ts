/** `bonds`: several links as one. */
import * as z from "zod";
import { duration } from "../../syntax/scalar.ts";
import { parseDuration } from "../../syntax/quantity.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice } from "./device-kind.ts";

const MODES = [
  "balance-rr",
  "active-backup",
  "balance-xor",
  "broadcast",
  "802.3ad",
  "balance-tlb",
  "balance-alb",
] as const;
const DEFAULT_MIIMON = 100;

export const bond = defineDevice({
  kind: "bond",
  about: "Bonds by name; devices join one by bond: NAME",
  schema: () => {
    const { bond: _, ...fields } = deviceFields();
    return z.strictObject({
      ...fields,
      mode: z.enum(MODES).optional().describe("Default active-backup"),
      miimon: duration.optional().describe("How often links are looked at, default 100ms"),
      lacpRate: z
        .enum(["slow", "fast"])
        .optional()
        .describe("802.3ad: how often the other end is to send, default slow"),
      xmitHashPolicy: z
        .enum(["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"])
        .optional()
        .describe("What decides which link a packet takes, default layer2"),
    });
  },
  resolve(doc, _name, _table, scope) {
    const { mode = "active-backup", lacpRate, xmitHashPolicy } = doc;
    const miimon = doc.miimon === undefined ? DEFAULT_MIIMON : (parseDuration(doc.miimon) ?? DEFAULT_MIIMON);
    if (lacpRate !== undefined && mode !== "802.3ad")
      scope.at("lacpRate").keyError(`mode ${mode} sends no LACP packets`, "remove it, or set mode: 802.3ad");
    return {
      type: "bond",
      data: {
        mode,
        miimon,
        ...(xmitHashPolicy === undefined ? {} : { xmit_hash_policy: xmitHashPolicy }),
        ...(lacpRate === undefined ? {} : { lacp_rate: lacpRate }),
      },
    };
  },
});
