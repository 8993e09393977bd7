/** What the API server refuses in an Ingress, with its messages and field paths (pkg/apis/networking/validation: ValidateIngress). */
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import {
  checkName,
  checkPortName,
  DNS_1035_LABEL,
  DNS_SUBDOMAIN,
  invalidValue,
  unsupportedValue,
} from "../../syntax/kube-names.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { CLASS_ANNOTATION, PATH_TYPES } from "./ingress.ts";
import type { BackendDocument, IngressDocument, PathDocument, ReferenceDocument } from "./schema.ts";

const WILDCARD = {
  pattern: /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  max: 253,
  message:
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
};

function checkHost(host: string, path: Path, report: Report): void {
  checkName(host, host.includes("*") ? WILDCARD : DNS_SUBDOMAIN, path, report);
}

/** Kind and name of a reference (content.IsPathSegmentName). */
export function checkReference({ apiGroup, kind, name }: ReferenceDocument, path: Path, report: Report): void {
  if (apiGroup !== undefined && apiGroup !== null) checkName(apiGroup, DNS_SUBDOMAIN, [...path, "apiGroup"], report);
  for (const [field, value] of [
    ["kind", kind ?? ""],
    ["name", name ?? ""],
  ] as const) {
    const at = [...path, field];
    if (value === "") report(at, "Required value");
    else if (value === "." || value === "..") report(at, invalidValue(value, `may not be '${value}'`), { at: "value" });
    for (const one of ["/", "%"])
      if (value.includes(one)) report(at, invalidValue(value, `may not contain '${one}'`), { at: "value" });
  }
}

function checkBackend(backend: BackendDocument, path: Path, report: Report): void {
  const { resource, service } = backend;
  const wrong = (message: string, hint: string): void => report(path, `Invalid value: "": ${message}`, { hint });
  if (resource && service) {
    wrong("cannot set both resource and service backends", "keep one of them");
  } else if (resource) {
    checkReference(resource, [...path, "resource"], report);
  } else if (service) {
    if ((service.name ?? "") === "") report([...path, "service", "name"], "Required value");
    else checkName(service.name ?? "", DNS_1035_LABEL, [...path, "service", "name"], report);
    const { name = "", number = 0 } = service.port ?? {};
    if (name !== "" && number !== 0) wrong("cannot set both port name & port number", "keep one of them");
    else if (name !== "") checkPortName(name, [...path, "service", "port", "name"], report);
    else if (number === 0)
      report(path, "Required value: port name or number is required", { hint: "add port: { number: 80 }" });
    else if (number < 1 || number > 65_535)
      report([...path, "service", "port", "number"], invalidValue(number, "must be between 1 and 65535, inclusive"), {
        at: "value",
      });
  } else {
    wrong("resource or service backend is required", "add service: { name: web, port: { number: 80 } }");
  }
}

const SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const SUFFIXES = ["/..", "/."];

function checkPath({ path: value = "", pathType, backend }: PathDocument, path: Path, report: Report): void {
  if (pathType === undefined || pathType === null) {
    report([...path, "pathType"], "Required value: pathType must be specified", {
      hint: "add pathType: Prefix, Exact or ImplementationSpecific",
    });
    return;
  }
  const wrong = (message: string): void => report([...path, "path"], invalidValue(value, message), { at: "value" });
  if (!(PATH_TYPES as readonly string[]).includes(pathType)) {
    report([...path, "pathType"], unsupportedValue(pathType, PATH_TYPES), { at: "value" });
  } else if (pathType === "ImplementationSpecific") {
    if (value !== "" && !value.startsWith("/")) wrong("must be an absolute path");
  } else {
    if (!value.startsWith("/")) wrong("must be an absolute path");
    for (const one of SEQUENCES) if (value.includes(one)) wrong(`must not contain '${one}'`);
    for (const one of SUFFIXES) if (value.endsWith(one)) wrong(`cannot end with '${one}'`);
  }
  checkBackend(backend ?? {}, [...path, "backend"], report);
}

function checkRules({ spec }: IngressDocument, report: Report): void {
  for (const [i, { host = "", http }] of (spec?.rules ?? []).entries()) {
    const path = ["spec", "rules", i];
    if (host !== "") {
      if (parseLegacyAddress(host) !== undefined)
        report([...path, "host"], invalidValue(host, "must be a DNS name, not an IP address"), {
          at: "value",
          hint: "leave host out: the rule is then for all hosts",
        });
      checkHost(host, [...path, "host"], report);
    }
    if (http === undefined || http === null) continue;
    if ((http.paths ?? []).length === 0) report([...path, "http", "paths"], "Required value");
    for (const [j, one] of (http.paths ?? []).entries()) checkPath(one, [...path, "http", "paths", j], report);
  }
}

function checkTls({ spec }: IngressDocument, report: Report): void {
  for (const [i, { hosts, secretName = "" }] of (spec?.tls ?? []).entries()) {
    const path = ["spec", "tls", i];
    for (const [j, host] of (hosts ?? []).entries()) checkHost(host, [...path, "hosts", j], report);
    if (secretName !== "") checkName(secretName, DNS_SUBDOMAIN, [...path, "secretName"], report);
  }
}

export function checkIngressSpec(object: IngressDocument, report: Report): void {
  const { spec, metadata } = object;
  if ((spec?.rules ?? []).length === 0 && !spec?.defaultBackend)
    report(["spec"], "Invalid value: []: either `defaultBackend` or `rules` must be specified", {
      hint: "add rules: [{ host: shop.example, http: { paths: [ … ] } }]",
    });
  if (spec?.defaultBackend) checkBackend(spec.defaultBackend, ["spec", "defaultBackend"], report);
  checkRules(object, report);
  checkTls(object, report);
  const { ingressClassName } = spec ?? {};
  if (ingressClassName === undefined || ingressClassName === null) return;
  checkName(ingressClassName, DNS_SUBDOMAIN, ["spec", "ingressClassName"], report);
  const annotated = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotated !== undefined && annotated !== ingressClassName)
    report(
      ["metadata", "annotations", CLASS_ANNOTATION],
      invalidValue(annotated, "must match `ingressClassName` when both are specified"),
      { at: "value", hint: "remove the annotation: ingressClassName replaces it" },
    );
}
