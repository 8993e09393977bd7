/** Ingress manifests: their shape and meaning. The API server's checks: ingress-validation.ts. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { checkIngressSpec } from "./ingress-validation.ts";
import type { IngressBackendModel, IngressPathModel, IngressRuleModel } from "./ingress.ts";

const reference = lazy(() =>
  z.strictObject({ apiGroup: argument.nullish(), kind: argument.optional(), name: argument.optional() }),
);

const backend = lazy(() =>
  z.strictObject({
    resource: reference.nullish(),
    service: z
      .strictObject({
        name: argument.optional(),
        port: z.strictObject({ name: argument.optional(), number: z.int().optional() }).nullish(),
      })
      .nullish(),
  }),
);

const path = lazy(() =>
  z.strictObject({ path: argument.optional(), pathType: argument.nullish(), backend: backend.optional() }),
);

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("networking.k8s.io/v1"),
    kind: z.literal("Ingress"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        ingressClassName: argument.nullish(),
        defaultBackend: backend.nullish(),
        rules: z
          .array(
            z.strictObject({
              host: argument.optional(),
              http: z.strictObject({ paths: z.array(path).nullish() }).nullish(),
            }),
          )
          .nullish(),
        tls: z.array(z.strictObject({ hosts: z.array(argument).nullish(), secretName: argument.optional() })).nullish(),
      })
      .optional(),
    status: anything,
  }),
);

export type IngressDocument = z.infer<typeof schema>;
export type BackendDocument = z.infer<typeof backend>;
export type PathDocument = z.infer<typeof path>;
export interface ReferenceDocument {
  readonly apiGroup?: string | null | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
}

type RuleDocument = NonNullable<NonNullable<IngressDocument["spec"]>["rules"]>[number];

function backendModel(doc: BackendDocument | undefined, object: string, scope: Scope): IngressBackendModel {
  const { service, resource } = doc ?? {};
  if (!service)
    return {
      resource: `${resource?.kind ?? ""} ${resource?.name ?? ""}`,
      cause: scope.at("resource").cause(object, "a resource as backend"),
    };
  const port = (service.port?.name ?? "") === "" ? (service.port?.number ?? 0) : (service.port?.name ?? "");
  const cause = scope.at("service").cause(object, `backend Service ${service.name ?? ""}, port ${port}`);
  return { service: service.name ?? "", port, cause };
}

function ruleModel(rule: RuleDocument, object: string, scope: Scope): IngressRuleModel {
  const host = (rule.host ?? "") === "" ? undefined : rule.host;
  const paths = (rule.http?.paths ?? []).map((one, i): IngressPathModel => {
    const at = scope.at("http", "paths", i);
    const type = (one.pathType ?? "ImplementationSpecific") as IngressPathModel["type"];
    const value = one.path ?? "";
    const cause = at.cause(object, `${host ?? "all hosts"} ${value === "" ? "/" : value} (${type})`);
    return { path: value, type, backend: backendModel(one.backend, object, at.at("backend")), cause };
  });
  return {
    host,
    ...(rule.http ? { paths } : {}),
    cause: scope.cause(object, `rule for ${host ?? "all hosts"}`),
  };
}

export const ingressKind: ManifestKind<"Ingress", IngressDocument> = {
  kind: "Ingress",
  apiVersion: "networking.k8s.io/v1",
  words: ["ing", "ingress", "ingresses"],
  namespaced: true,
  dropped: { "networking.k8s.io/v1beta1": "1.22", "extensions/v1beta1": "1.22" },
  schema,
  deletable: true,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkIngressSpec(object, report);
  },
  resolve({ metadata: { name, namespace = "default", annotations }, spec = {} }, scope, { ingresses }) {
    const object = `Ingress ${namespace}/${name}`;
    const at = scope.at("spec");
    const { defaultBackend, ingressClassName, rules, tls } = spec;
    ingresses.push({
      scope,
      ingress: {
        namespace,
        name,
        annotations: Object.fromEntries(
          Object.entries(annotations ?? {}).map(([key, value]) => {
            const reason = `${key}: ${value}`;
            return [key, { value, cause: scope.at("metadata", "annotations", key).cause(object, reason) }];
          }),
        ),
        ...(ingressClassName ? { className: ingressClassName } : {}),
        ...(defaultBackend ? { defaultBackend: backendModel(defaultBackend, object, at.at("defaultBackend")) } : {}),
        rules: (rules ?? []).map((rule, i) => ruleModel(rule, object, at.at("rules", i))),
        tls: (tls ?? []).map(({ hosts, secretName }, i) => ({
          hosts: hosts ?? [],
          ...((secretName ?? "") === "" ? {} : { secretName }),
          cause: at.at("tls", i).cause(object, `TLS for ${(hosts ?? []).join(", ") || "its hosts"}`),
        })),
        cause: scope.cause(object, "routes of HTTP"),
      },
    });
  },
};
