/** EndpointSlice manifests (discovery.k8s.io/v1), with the API server's checks (pkg/apis/discovery/validation). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Path } from "../../syntax/path.ts";
import { specialAddress } from "../../net/special-address.ts";
import {
  checkLabelValue,
  checkName,
  checkQualifiedName,
  DNS_LABEL,
  DNS_SUBDOMAIN,
  invalidValue,
  unsupportedValue,
} from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { argument, optionalArgument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta, stringMap } from "../metadata.ts";
import { objectReference } from "../object-reference.ts";

const condition = z.boolean().nullable().optional();

const endpoint = lazy(() =>
  z.strictObject({
    addresses: z.array(argument).nullable().optional(),
    conditions: z.strictObject({ ready: condition, serving: condition, terminating: condition }).nullable().optional(),
    hostname: optionalArgument,
    nodeName: optionalArgument,
    zone: optionalArgument,
    targetRef: objectReference.nullable().optional(),
    hints: z
      .strictObject({
        forZones: z
          .array(z.strictObject({ name: argument }))
          .nullable()
          .optional(),
        forNodes: z
          .array(z.strictObject({ name: argument }))
          .nullable()
          .optional(),
      })
      .nullable()
      .optional(),
    deprecatedTopology: stringMap.optional(),
  }),
);

const endpointPort = lazy(() =>
  z.strictObject({
    name: optionalArgument,
    protocol: optionalArgument,
    port: z.int().nullable().optional(),
    appProtocol: optionalArgument,
  }),
);

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("discovery.k8s.io/v1"),
    kind: z.literal("EndpointSlice"),
    metadata: objectMeta,
    addressType: argument,
    endpoints: z.array(endpoint).nullable().optional(),
    ports: z.array(endpointPort).nullable().optional(),
  }),
);

export type EndpointSliceDocument = z.infer<typeof schema>;

const ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
/** Limits of discovery/validation. */
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_HINTS = 8;

function checkAddress(text: string, type: string, path: Path, report: Report): void {
  if (type === "FQDN") {
    checkName(text, DNS_SUBDOMAIN, path, report);
    return;
  }
  const parsed = parseLegacyAddress(text);
  if (parsed === undefined || parsed.address.family !== type.toLowerCase()) {
    report(path, invalidValue(text, `must be a valid ${type} address`), { at: "value" });
    return;
  }
  const special = specialAddress(parsed.address);
  if (special !== undefined) report(path, invalidValue(text, special), { at: "value" });
}

function checkHints(
  hints: readonly { readonly name: string }[],
  at: Path,
  report: Report,
  checkOne: (name: string, path: Path) => void,
): void {
  if (hints.length > MAX_HINTS) report(at, `Too many: ${hints.length}: must have at most ${MAX_HINTS} items`);
  const names = new Set<string>();
  for (const [i, { name }] of hints.entries()) {
    const path = [...at, i, "name"];
    if (names.has(name)) report(path, `Duplicate value: ${JSON.stringify(name)}`, { at: "value" });
    names.add(name);
    checkOne(name, path);
  }
}

function checkEndpoints(object: EndpointSliceDocument, report: Report): void {
  const endpoints = object.endpoints ?? [];
  if (endpoints.length > MAX_ENDPOINTS)
    report(["endpoints"], `Too many: ${endpoints.length}: must have at most ${MAX_ENDPOINTS} items`, {
      hint: "use several slices",
    });
  for (const [i, one] of endpoints.entries()) {
    const at = ["endpoints", i];
    const addresses = one.addresses ?? [];
    if (addresses.length === 0) report([...at, "addresses"], "Required value: must contain at least 1 address");
    if (addresses.length > MAX_ADDRESSES)
      report([...at, "addresses"], `Too many: ${addresses.length}: must have at most ${MAX_ADDRESSES} items`);
    if (ADDRESS_TYPES.includes(object.addressType)) {
      for (const [j, text] of addresses.entries())
        checkAddress(text, object.addressType, [...at, "addresses", j], report);
    }
    if ((one.hostname ?? null) !== null) checkName(one.hostname ?? "", DNS_LABEL, [...at, "hostname"], report);
    if ((one.nodeName ?? null) !== null) checkName(one.nodeName ?? "", DNS_SUBDOMAIN, [...at, "nodeName"], report);
    checkHints(one.hints?.forZones ?? [], [...at, "hints", "forZones"], report, (name, path) =>
      checkLabelValue(name, path, report),
    );
    checkHints(one.hints?.forNodes ?? [], [...at, "hints", "forNodes"], report, (name, path) =>
      checkName(name, DNS_SUBDOMAIN, path, report),
    );
  }
}

function checkPorts(object: EndpointSliceDocument, report: Report): void {
  const names = new Set<string>();
  for (const [i, one] of (object.ports ?? []).entries()) {
    const at = ["ports", i];
    const name = one.name ?? "";
    if (name !== "") checkName(name, DNS_LABEL, [...at, "name"], report);
    if (names.has(name))
      report([...at, "name"], `Duplicate value: ${JSON.stringify(name)}`, {
        at: "value",
        hint: "port names are unique within a slice",
      });
    names.add(name);
    if ((one.protocol ?? "") !== "" && !PROTOCOLS.includes(one.protocol ?? ""))
      report([...at, "protocol"], unsupportedValue(one.protocol ?? "", PROTOCOLS), { at: "value" });
    if ((one.appProtocol ?? "") !== "") checkQualifiedName(one.appProtocol ?? "", [...at, "appProtocol"], report);
    if (typeof one.port === "number" && (one.port < 1 || one.port > 65_535)) {
      report([...at, "port"], invalidValue(one.port, "must be between 1 and 65535, inclusive"), { at: "value" });
    }
  }
}

export const endpointSliceKind: ManifestKind<"EndpointSlice", EndpointSliceDocument> = {
  kind: "EndpointSlice",
  apiVersion: "discovery.k8s.io/v1",
  words: ["endpointslice", "endpointslices"],
  dropped: { "discovery.k8s.io/v1beta1": "1.25", "discovery.k8s.io/v1alpha1": "1.20" },
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    if (!ADDRESS_TYPES.includes(object.addressType))
      report(["addressType"], unsupportedValue(object.addressType, ADDRESS_TYPES), { at: "value" });
    checkEndpoints(object, report);
    checkPorts(object, report);
  },
  resolve(object, scope, { slices }) {
    slices.push({ object, scope });
  },
};
