/** Node manifests, as `kubectl get nodes -o yaml` prints them: what matters of one is its name, labels, addresses and podCIDR. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const address = z.looseObject({ type: argument.optional(), address: argument.optional() });

const schema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Node"),
  metadata: objectMeta,
  spec: z
    .looseObject({ podCIDR: argument.nullable().optional(), podCIDRs: z.array(argument).nullable().optional() })
    .nullable()
    .optional(),
  status: z
    .looseObject({ addresses: z.array(address).nullable().optional() })
    .nullable()
    .optional(),
});

export type NodeDocument = z.infer<typeof schema>;

export const nodeKind: ManifestKind<"Node", NodeDocument> = {
  kind: "Node",
  apiVersion: "v1",
  words: ["no", "node", "nodes"],
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
  },
};
