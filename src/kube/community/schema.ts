/** Community manifests (metallb.io/v1beta1): names of BGP communities, for BGPAdvertisements. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import { readCommunity } from "../metallb/metallb-community.ts";
import { addNamespace, checkMetallbMetadata } from "../metallb/metallb-kind.ts";

const community = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta1"),
    kind: z.literal("Community"),
    metadata: objectMeta,
    spec: z.strictObject({
      communities: z
        .array(z.strictObject({ name: argument.optional(), value: argument.optional() }))
        .nullable()
        .optional(),
    }),
    status: anything,
  }),
);

export type CommunityDocument = z.infer<typeof community>;

export const communityKind: ManifestKind<"Community", CommunityDocument> = {
  kind: "Community",
  apiVersion: "metallb.io/v1beta1",
  words: ["community", "communities"],
  schema: community,
  validate({ metadata, spec }, report) {
    checkMetallbMetadata(metadata, report);
    for (const [i, { name = "", value = "" }] of (spec.communities ?? []).entries()) {
      const found = readCommunity(value);
      if ("problem" in found)
        report(["spec", "communities", i, "value"], `parsing community ${JSON.stringify(name)}: ${found.problem}`, {
          at: "value",
          hint: "65000:100, or large:65000:1:2",
        });
    }
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    addNamespace(metadata, scope, metallb);
    const aliases = (spec.communities ?? []).flatMap(({ name = "", value = "" }) => {
      const found = readCommunity(value);
      return "value" in found ? [{ name, value: found.value }] : [];
    });
    metallb.communities.push({ model: { name: metadata.name, aliases }, scope });
  },
};
