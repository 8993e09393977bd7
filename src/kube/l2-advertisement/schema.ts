/** L2Advertisement manifests (metallb.io/v1beta1): one node answers ARP and neighbour solicitations for each address of these pools. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { labelSelector as toSelector } from "../label-selector.ts";
import { checkLabelSelector, labelSelector } from "../label-selector-schema.ts";
import { objectMeta } from "../metadata.ts";
import { advertisementFields, advertisementModel, checkAdvertisement } from "../metallb/advertisement.ts";
import { addNamespace, checkMetallbMetadata, names } from "../metallb/metallb-kind.ts";

const l2Advertisement = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta1"),
    kind: z.literal("L2Advertisement"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        ...advertisementFields,
        interfaces: names.optional(),
        preferredNodeSelectors: z
          .array(z.strictObject({ weight: z.int().min(1).max(100), preference: labelSelector }))
          .nullable()
          .optional(),
      })
      .nullable()
      .optional(),
    status: anything,
  }),
);

export type L2AdvertisementDocument = z.infer<typeof l2Advertisement>;

export const l2AdvertisementKind: ManifestKind<"L2Advertisement", L2AdvertisementDocument> = {
  kind: "L2Advertisement",
  apiVersion: "metallb.io/v1beta1",
  words: ["l2advertisement", "l2advertisements"],
  schema: l2Advertisement,
  validate({ metadata, spec }, report) {
    checkMetallbMetadata(metadata, report);
    checkAdvertisement(spec ?? {}, report);
    for (const [i, { preference }] of (spec?.preferredNodeSelectors ?? []).entries())
      checkLabelSelector(preference, ["spec", "preferredNodeSelectors", i, "preference"], report);
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    const { name } = metadata;
    const cause = scope.cause(`L2Advertisement ${name}`, "announced at layer 2");
    addNamespace(metadata, scope, metallb);
    metallb.l2.push({
      model: {
        ...advertisementModel(name, spec ?? {}, cause),
        interfaces: spec?.interfaces ?? [],
        preferredNodes: (spec?.preferredNodeSelectors ?? []).map(({ weight, preference }) => ({
          weight,
          selector: toSelector(preference),
        })),
      },
      scope,
    });
  },
};
