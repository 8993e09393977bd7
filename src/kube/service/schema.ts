/** Service manifests: what they may contain. What the API server would refuse is reported by service-validation.ts. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta, stringMap } from "../metadata.ts";
import { validateService } from "./service-validation.ts";

const servicePort = lazy(() =>
  z.strictObject({
    name: optionalArgument,
    protocol: optionalArgument,
    appProtocol: optionalArgument,
    port: z.int(),
    targetPort: z.union([z.int(), argument]).nullable().optional(),
    nodePort: z.int().nullable().optional(),
  }),
);

const serviceSpec = lazy(() =>
  z.strictObject({
    type: optionalArgument,
    selector: stringMap.optional(),
    ports: z.array(servicePort).nullable().optional(),
    clusterIP: optionalArgument,
    clusterIPs: z.array(argument).nullable().optional(),
    ipFamilies: z.array(argument).nullable().optional(),
    ipFamilyPolicy: optionalArgument,
    externalName: optionalArgument,
    externalIPs: z.array(argument).nullable().optional(),
    sessionAffinity: optionalArgument,
    sessionAffinityConfig: z
      .strictObject({
        clientIP: z.strictObject({ timeoutSeconds: z.int().nullable().optional() }).nullable().optional(),
      })
      .nullable()
      .optional(),
    internalTrafficPolicy: optionalArgument,
    externalTrafficPolicy: optionalArgument,
    healthCheckNodePort: z.int().nullable().optional(),
    loadBalancerIP: optionalArgument,
    loadBalancerClass: optionalArgument,
    loadBalancerSourceRanges: z.array(argument).nullable().optional(),
    allocateLoadBalancerNodePorts: z.boolean().nullable().optional(),
    publishNotReadyAddresses: z.boolean().nullable().optional(),
    trafficDistribution: optionalArgument,
  }),
);

const ingress = lazy(() =>
  z.strictObject({
    ip: argument.optional(),
    hostname: argument.optional(),
    ipMode: optionalArgument,
    ports: anything,
  }),
);

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Service"),
    metadata: objectMeta,
    spec: serviceSpec,
    status: z
      .strictObject({
        conditions: anything,
        loadBalancer: z
          .strictObject({ ingress: z.array(ingress).nullable().optional() })
          .nullable()
          .optional(),
      })
      .nullable()
      .optional(),
  }),
);

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
