/** Tier manifests (projectcalico.org/v3, crd.projectcalico.org/v1): an order of policies above the order within each. */
import * as z from "zod";
import { DNS_LABEL, invalidValue } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import { BUILT_IN_TIERS } from "../calico/calico-policy.ts";
import { CALICO_POLICY_API, checkGlobalMetadata } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("Tier"),
    metadata: objectMeta,
    spec: z
      .strictObject({ order: z.number().optional(), defaultAction: z.enum(["Deny", "Pass"]).optional() })
      .optional(),
    status: anything,
  }),
);

type TierDocument = z.infer<typeof schema>;

export const tierKind: ManifestKind<"Tier", TierDocument> = {
  kind: "Tier",
  ...CALICO_POLICY_API,
  words: ["tier", "tiers"],
  schema,
  validate({ metadata, spec = {} }, report) {
    checkGlobalMetadata(metadata, report, DNS_LABEL);
    const known = Object.entries(BUILT_IN_TIERS).find(([name]) => name === metadata.name);
    if (known === undefined) return;
    const [name, { order, defaultAction }] = known;
    if (spec.order !== order)
      report(["spec", "order"], invalidValue(spec.order ?? "null", `${name} tier order must be ${order}`), {
        at: "value",
      });
    if ((spec.defaultAction ?? "Deny") !== defaultAction)
      report(
        ["spec", "defaultAction"],
        invalidValue(spec.defaultAction ?? "Deny", `The '${name}' tier must have default action '${defaultAction}'`),
        { at: "value" },
      );
  },
  resolve({ metadata: { name }, spec = {} }, scope, { calico }) {
    calico.tiers.push({
      name,
      ...(spec.order === undefined ? {} : { order: spec.order }),
      defaultAction: spec.defaultAction ?? "Deny",
      cause: scope.at("metadata", "name").cause(`Tier ${name}`, "tier"),
    });
  },
};
