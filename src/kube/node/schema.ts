/** Node manifests, as `kubectl get nodes -o yaml` prints them: what matters of one is its name, labels, annotations, taints, addresses and podCIDR. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { argument, optionalArgument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { UNSCHEDULABLE } from "../scheduler/taints.ts";
import type { Taint } from "./cluster-node.ts";

const address = lazy(() => z.looseObject({ type: argument.optional(), address: argument.optional() }));

const taint = lazy(() =>
  z.looseObject({
    key: argument,
    value: optionalArgument,
    effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  }),
);

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Node"),
    metadata: objectMeta,
    spec: z
      .looseObject({
        podCIDR: optionalArgument,
        podCIDRs: z.array(argument).nullable().optional(),
        taints: z.array(taint).nullable().optional(),
        unschedulable: z.boolean().nullable().optional(),
      })
      .nullable()
      .optional(),
    status: z
      .looseObject({ addresses: z.array(address).nullable().optional() })
      .nullable()
      .optional(),
  }),
);

export type NodeDocument = z.infer<typeof schema>;

export const nodeKind: ManifestKind<"Node", NodeDocument> = {
  kind: "Node",
  apiVersion: "v1",
  words: ["no", "node", "nodes"],
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
  },
  resolve({ metadata, spec }, _scope, { nodeTaints, nodeAnnotations }) {
    nodeAnnotations.set(metadata.name, metadata.annotations ?? {});
    const taints = (spec?.taints ?? []).map(({ key, value, effect }): Taint => ({ key, value: value ?? "", effect }));
    const isKnown = taints.some(({ key }) => key === UNSCHEDULABLE);
    const cordoned: Taint = { key: UNSCHEDULABLE, value: "", effect: "NoSchedule" };
    nodeTaints.set(metadata.name, spec?.unschedulable === true && !isKnown ? [...taints, cordoned] : taints);
  },
};
