/** BFDProfile manifests (metallb.io/v1beta1): timers of BFD sessions. They are checked; no BFD session runs here. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import { addNamespace, checkMetallbMetadata } from "../metallb/metallb-kind.ts";

/** Smallest and largest value, and what MetalLB calls the field (bfdProfileFromCR). */
const LIMITS = {
  detectMultiplier: [2, 255, "detect multiplier"],
  receiveInterval: [10, 60_000, "receive interval"],
  transmitInterval: [10, 60_000, "transmit interval"],
  minimumTtl: [1, 254, "minimum ttl"],
  echoInterval: [10, 60_000, "echo interval"],
} as const;

type Field = keyof typeof LIMITS;

const bfdProfile = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta1"),
    kind: z.literal("BFDProfile"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        detectMultiplier: z.int().optional(),
        receiveInterval: z.int().optional(),
        transmitInterval: z.int().optional(),
        minimumTtl: z.int().optional(),
        echoInterval: z.int().optional(),
        echoMode: z.boolean().optional(),
        passiveMode: z.boolean().optional(),
      })
      .nullable()
      .optional(),
    status: anything,
  }),
);

export type BfdProfileDocument = z.infer<typeof bfdProfile>;

export const bfdProfileKind: ManifestKind<"BFDProfile", BfdProfileDocument> = {
  kind: "BFDProfile",
  apiVersion: "metallb.io/v1beta1",
  words: ["bfdprofile", "bfdprofiles"],
  schema: bfdProfile,
  validate({ metadata, spec }, report) {
    checkMetallbMetadata(metadata, report);
    for (const field of Object.keys(LIMITS) as Field[]) {
      const [least, most, what] = LIMITS[field];
      const value = spec?.[field];
      if (value !== undefined && (value < least || value > most))
        report(["spec", field], `invalid ${what} value: invalid value ${value}, must be in ${least}-${most} range`, {
          at: "value",
        });
    }
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    addNamespace(metadata, scope, metallb);
    metallb.bfdProfiles.push({ model: { name: metadata.name, echo: spec?.echoMode ?? false }, scope });
  },
};
