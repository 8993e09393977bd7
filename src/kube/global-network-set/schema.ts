/** GlobalNetworkSet manifests (projectcalico.org/v3, crd.projectcalico.org/v1). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything } from "../../syntax/scalar.ts";
import { checkGlobal } from "../calico/check-rules.ts";
import { CALICO_POLICY_API } from "../calico/calico-kind.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import { checkNetworkSet, networkSetOf, networkSetSpec } from "../network-set/schema.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("GlobalNetworkSet"),
    metadata: objectMeta,
    spec: networkSetSpec,
    status: anything,
  }),
);

export const globalNetworkSetKind: ManifestKind<"GlobalNetworkSet", z.infer<typeof schema>> = {
  kind: "GlobalNetworkSet",
  ...CALICO_POLICY_API,
  words: ["gns", "globalnetworkset", "globalnetworksets"],
  schema,
  validate(object, report) {
    checkNetworkSet(object, report);
    checkGlobal(object.metadata, report);
  },
  resolve(object, scope, { calico }) {
    calico.networkSets.push(networkSetOf("GlobalNetworkSet", object, undefined, scope));
  },
};
