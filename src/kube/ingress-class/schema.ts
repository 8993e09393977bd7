/** IngressClass manifests: their shape, and what the API server refuses (pkg/apis/networking/validation: ValidateIngressClass). */
import * as z from "zod";
import { checkName, DNS_LABEL, DNS_SUBDOMAIN, invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import { checkReference } from "../ingress/ingress-validation.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { DEFAULT_CLASS_ANNOTATION } from "./ingress-class.ts";

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("networking.k8s.io/v1"),
    kind: z.literal("IngressClass"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        controller: argument.optional(),
        parameters: z
          .strictObject({
            apiGroup: argument.optional(),
            kind: argument.optional(),
            name: argument.optional(),
            namespace: argument.optional(),
            scope: argument.optional(),
          })
          .nullish(),
      })
      .optional(),
  }),
);

type IngressClassDocument = z.infer<typeof schema>;

const MAX_CONTROLLER = 250;
const SCOPES = ["Cluster", "Namespace"];

/** `example.com/name`: a domain, then a path (IsDomainPrefixedPath). */
function checkController(controller: string, report: Report): void {
  const path = ["spec", "controller"];
  if (controller === "") {
    report(path, "Required value", { hint: "name the controller: controller: k8s.io/ingress-nginx" });
    return;
  }
  if (controller.length > MAX_CONTROLLER) report(path, `Too long: may not be more than ${MAX_CONTROLLER} bytes`);
  const slash = controller.indexOf("/");
  if (slash <= 0 || slash === controller.length - 1) {
    const words = 'must be a domain-prefixed path (such as "acme.io/foo")';
    report(path, invalidValue(controller, words), { at: "value" });
    return;
  }
  checkName(controller.slice(0, slash), DNS_SUBDOMAIN, path, report);
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(controller.slice(slash + 1)))
    report(path, invalidValue(controller.slice(slash + 1), "Invalid path"), { at: "value" });
}

function checkParameters({ spec }: IngressClassDocument, report: Report): void {
  const { parameters } = spec ?? {};
  if (parameters === undefined || parameters === null) return;
  const path = ["spec", "parameters"];
  checkReference(parameters, path, report);
  const { scope = "Cluster", namespace } = parameters;
  if (!SCOPES.includes(scope)) {
    report([...path, "scope"], unsupportedValue(scope, SCOPES), { at: "value" });
  } else if (scope === "Namespace") {
    if (namespace === undefined)
      report([...path, "namespace"], "Required value: `parameters.scope` is set to 'Namespace'");
    else checkName(namespace, DNS_LABEL, [...path, "namespace"], report);
  } else if (namespace !== undefined) {
    report([...path, "namespace"], "Forbidden: `parameters.scope` is set to 'Cluster'");
  }
}

export const ingressClassKind: ManifestKind<"IngressClass", IngressClassDocument> = {
  kind: "IngressClass",
  apiVersion: "networking.k8s.io/v1",
  words: ["ingressclass", "ingressclasses"],
  dropped: { "networking.k8s.io/v1beta1": "1.22" },
  schema,
  deletable: true,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkController(object.spec?.controller ?? "", report);
    checkParameters(object, report);
  },
  resolve({ metadata: { name, annotations }, spec }, scope, { ingressClasses }) {
    ingressClasses.push({
      scope,
      ingressClass: {
        name,
        controller: spec?.controller ?? "",
        isDefault: annotations?.[DEFAULT_CLASS_ANNOTATION] === "true",
        cause: scope.cause(`IngressClass ${name}`, "names the controller"),
      },
    });
  },
};
