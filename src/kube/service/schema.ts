/** Service manifests: what they may contain. What the API server would refuse is reported by service-validation.ts. */
import * as z from "zod";
import { argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta, stringMap } from "../metadata.ts";
import { validateService } from "./service-validation.ts";

const servicePort = z.strictObject({
  name: argument.nullable().optional(),
  protocol: argument.nullable().optional(),
  appProtocol: argument.nullable().optional(),
  port: z.int(),
  targetPort: z.union([z.int(), argument]).nullable().optional(),
  nodePort: z.int().nullable().optional(),
});

const serviceSpec = z.strictObject({
  type: argument.nullable().optional(),
  selector: stringMap.optional(),
  ports: z.array(servicePort).nullable().optional(),
  clusterIP: argument.nullable().optional(),
  clusterIPs: z.array(argument).nullable().optional(),
  ipFamilies: z.array(argument).nullable().optional(),
  ipFamilyPolicy: argument.nullable().optional(),
  externalName: argument.nullable().optional(),
  externalIPs: z.array(argument).nullable().optional(),
  sessionAffinity: argument.nullable().optional(),
  sessionAffinityConfig: z
    .strictObject({ clientIP: z.strictObject({ timeoutSeconds: z.int().nullable().optional() }).nullable().optional() })
    .nullable()
    .optional(),
  internalTrafficPolicy: argument.nullable().optional(),
  externalTrafficPolicy: argument.nullable().optional(),
  healthCheckNodePort: z.int().nullable().optional(),
  loadBalancerIP: argument.nullable().optional(),
  loadBalancerClass: argument.nullable().optional(),
  loadBalancerSourceRanges: z.array(argument).nullable().optional(),
  allocateLoadBalancerNodePorts: z.boolean().nullable().optional(),
  publishNotReadyAddresses: z.boolean().nullable().optional(),
  trafficDistribution: argument.nullable().optional(),
});

const ingress = z.strictObject({
  ip: argument.optional(),
  hostname: argument.optional(),
  ipMode: argument.nullable().optional(),
  ports: z.unknown().optional(),
});

const schema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata: objectMeta,
  spec: serviceSpec,
  status: z
    .strictObject({
      conditions: z.unknown().optional(),
      loadBalancer: z
        .strictObject({ ingress: z.array(ingress).nullable().optional() })
        .nullable()
        .optional(),
    })
    .nullable()
    .optional(),
});

export type ServiceDocument = z.infer<typeof schema>;
export type ServicePortDocument = z.infer<typeof servicePort>;

export const serviceKind: ManifestKind<"Service", ServiceDocument> = {
  kind: "Service",
  apiVersion: "v1",
  words: ["svc", "service", "services"],
  namespaced: true,
  schema,
  validate: validateService,
  deletable: true,
  resolve(object, scope, { services }) {
    services.push({ object, scope });
  },
};
