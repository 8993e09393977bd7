/** Endpoints manifests (core/v1), with the API server's checks (pkg/apis/core/validation: ValidateEndpoints). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Path } from "../../syntax/path.ts";
import { specialAddress } from "../../net/special-address.ts";
import {
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
import { checkMetadata, objectMeta } from "../metadata.ts";
import { objectReference } from "../object-reference.ts";

const address = lazy(() =>
  z.strictObject({
    ip: argument,
    hostname: optionalArgument,
    nodeName: optionalArgument,
    targetRef: objectReference.nullable().optional(),
  }),
);

const port = lazy(() =>
  z.strictObject({
    name: optionalArgument,
    port: z.int(),
    protocol: optionalArgument,
    appProtocol: optionalArgument,
  }),
);

const subset = lazy(() =>
  z.strictObject({
    addresses: z.array(address).nullable().optional(),
    notReadyAddresses: z.array(address).nullable().optional(),
    ports: z.array(port).nullable().optional(),
  }),
);

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Endpoints"),
    metadata: objectMeta,
    subsets: z.array(subset).nullable().optional(),
  }),
);

export type EndpointsDocument = z.infer<typeof schema>;
export type EndpointsSubset = z.infer<typeof subset>;
export type EndpointsAddress = z.infer<typeof address>;

const PROTOCOLS = ["SCTP", "TCP", "UDP"];

function checkAddress(one: EndpointsAddress, at: Path, report: Report): void {
  const { ip, hostname, nodeName } = one;
  const parsed = parseLegacyAddress(ip);
  const wrong =
    parsed === undefined
      ? "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
      : specialAddress(parsed.address);
  if (wrong !== undefined) report([...at, "ip"], invalidValue(ip, wrong), { at: "value" });
  if ((hostname ?? "") !== "") checkName(hostname ?? "", DNS_LABEL, [...at, "hostname"], report);
  if (typeof nodeName === "string") checkName(nodeName, DNS_SUBDOMAIN, [...at, "nodeName"], report);
}

function checkPorts(ports: NonNullable<EndpointsSubset["ports"]>, base: Path, report: Report): void {
  for (const [i, one] of ports.entries()) {
    const at = [...base, i];
    const name = one.name ?? "";
    if (name !== "") checkName(name, DNS_LABEL, [...at, "name"], report);
    else if (ports.length > 1)
      report([...at, "name"], "Required value", { hint: "with several ports, each needs a name" });
    if (one.port < 1 || one.port > 65_535)
      report([...at, "port"], invalidValue(one.port, "must be between 1 and 65535, inclusive"), { at: "value" });
    const protocol = one.protocol ?? "";
    if (protocol !== "" && !PROTOCOLS.includes(protocol))
      report([...at, "protocol"], unsupportedValue(protocol, PROTOCOLS), { at: "value" });
    if (typeof one.appProtocol === "string") checkQualifiedName(one.appProtocol, [...at, "appProtocol"], report);
  }
}

export const endpointsKind: ManifestKind<"Endpoints", EndpointsDocument> = {
  kind: "Endpoints",
  apiVersion: "v1",
  words: ["ep", "endpoints"],
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    report(["kind"], "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", {
      severity: "warning",
      at: "value",
    });
    for (const [i, { addresses, notReadyAddresses, ports }] of (object.subsets ?? []).entries()) {
      const at = ["subsets", i];
      if ((addresses ?? []).length + (notReadyAddresses ?? []).length === 0)
        report(at, "Required value: must specify `addresses` or `notReadyAddresses`");
      for (const [j, one] of (addresses ?? []).entries()) checkAddress(one, [...at, "addresses", j], report);
      for (const [j, one] of (notReadyAddresses ?? []).entries())
        checkAddress(one, [...at, "notReadyAddresses", j], report);
      checkPorts(ports ?? [], [...at, "ports"], report);
    }
  },
  resolve(object, scope, { endpoints }) {
    endpoints.push({ object, scope });
  },
};
