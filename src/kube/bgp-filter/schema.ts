/** BGPFilter manifests (projectcalico.org/v3, crd.projectcalico.org/v1): their shape, and the checks of the CRD. */
import * as z from "zod";
import { formatPrefix, parsePrefix } from "../../net/address.ts";
import { FAMILY_NAMES } from "../../net/families.ts";
import type { Family } from "../../net/family.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import { asNumber, checkAsNumber, readAsNumber } from "../calico/as-number.ts";
import { isCommunity } from "../calico/community.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import type { BgpFilterModel, BgpFilterOperation, BgpFilterRule } from "./bgp-filter.ts";

const metric = lazy(() => z.int().min(1).max(2_147_483_646));
const length = lazy(() => z.int().min(0).max(128));

const operation = lazy(() =>
  z.strictObject({
    addCommunity: z.strictObject({ value: argument }).optional(),
    prependASPath: z.strictObject({ prefix: z.array(asNumber).min(1).max(10) }).optional(),
    setPriority: z.strictObject({ value: metric }).optional(),
  }),
);

const rule = lazy(() =>
  z.strictObject({
    cidr: argument.optional(),
    prefixLength: z.strictObject({ min: length.optional(), max: length.optional() }).optional(),
    source: z.enum(["RemotePeers", ""]).optional(),
    interface: argument.optional(),
    matchOperator: z.enum(["Equal", "NotEqual", "In", "NotIn", ""]).optional(),
    peerType: z.enum(["eBGP", "iBGP", ""]).optional(),
    communities: z.strictObject({ values: z.array(argument).min(1).max(1) }).optional(),
    asPathPrefix: z.array(asNumber).optional(),
    priority: metric.optional(),
    action: z.enum(["Accept", "Reject"]),
    operations: z.array(operation).min(1).max(10).optional(),
  }),
);

const rules = lazy(() => z.array(rule));

const bgpFilter = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("BGPFilter"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        exportV4: rules.optional(),
        importV4: rules.optional(),
        exportV6: rules.optional(),
        importV6: rules.optional(),
      })
      .nullable()
      .optional(),
  }),
);

export type BgpFilterDocument = z.infer<typeof bgpFilter>;
type Rule = z.infer<typeof rule>;

const LISTS = { exportV4: "ipv4", importV4: "ipv4", exportV6: "ipv6", importV6: "ipv6" } as const;

const FORM = "aa:nn of 16 bits each, or aa:nn:mm of 32 bits each: 65000:100";

function checkRule(one: Rule, family: Family, at: Path, report: Report): void {
  const cidr = one.cidr ?? "";
  if ((cidr !== "") !== ((one.matchOperator ?? "") !== ""))
    report(
      [...at, cidr === "" ? "matchOperator" : "cidr"],
      "cidr and matchOperator must both be set or both be empty",
      {
        hint: "matchOperator: Equal, NotEqual, In or NotIn",
      },
    );
  if (cidr !== "" && parsePrefix(cidr)?.family !== family)
    report([...at, "cidr"], `Invalid value: "${cidr}": is not an ${FAMILY_NAMES[family]} CIDR`, { at: "value" });
  if (one.prefixLength !== undefined && cidr === "")
    report([...at, "prefixLength"], "cidr is required when prefixLength is set");
  const longest = family === "ipv4" ? 32 : 128;
  for (const end of ["min", "max"] as const)
    if ((one.prefixLength?.[end] ?? 0) > longest)
      report([...at, "prefixLength", end], `Invalid value: must be less than or equal to ${longest}`, { at: "value" });
  if (one.operations !== undefined && one.action !== "Accept")
    report([...at, "operations"], "operations may only be used with action Accept");
  one.asPathPrefix?.forEach((asn, i) => checkAsNumber(asn, [...at, "asPathPrefix", i], report));
  one.communities?.values.forEach((value, i) => {
    if (!isCommunity(value))
      report([...at, "communities", "values", i], `Invalid value: "${value}"`, { at: "value", hint: FORM });
  });
  one.operations?.forEach((each, i) => {
    const place = [...at, "operations", i];
    if (Object.keys(each).length !== 1)
      report(place, "must have exactly one field", { hint: "addCommunity, prependASPath or setPriority" });
    const { value } = each.addCommunity ?? {};
    if (value !== undefined && !isCommunity(value))
      report([...place, "addCommunity", "value"], `Invalid value: "${value}"`, { at: "value", hint: FORM });
    each.prependASPath?.prefix.forEach((asn, j) =>
      checkAsNumber(asn, [...place, "prependASPath", "prefix", j], report),
    );
  });
}

function readOperation(one: NonNullable<Rule["operations"]>[number]): readonly BgpFilterOperation[] {
  if (one.addCommunity !== undefined) return [{ kind: "addCommunity", value: one.addCommunity.value }];
  if (one.prependASPath !== undefined)
    return [{ kind: "prependASPath", prefix: one.prependASPath.prefix.flatMap((asn) => readAsNumber(asn) ?? []) }];
  return one.setPriority === undefined ? [] : [{ kind: "setPriority", value: one.setPriority.value }];
}

function readRule(one: Rule): BgpFilterRule {
  const prefix = parsePrefix(one.cidr ?? "");
  const text = <T extends string>(value: T | "" | undefined): T | undefined => (value === "" ? undefined : value);
  return {
    action: one.action,
    cidr: prefix === undefined ? undefined : formatPrefix(prefix),
    operator: text(one.matchOperator),
    length: one.prefixLength,
    source: text(one.source),
    interface: text(one.interface),
    peerType: text(one.peerType),
    community: one.communities?.values[0],
    asPathPrefix: one.asPathPrefix?.flatMap((asn) => readAsNumber(asn) ?? []),
    priority: one.priority,
    operations: (one.operations ?? []).flatMap(readOperation),
  };
}

export const bgpFilterKind: ManifestKind<"BGPFilter", BgpFilterDocument> = {
  kind: "BGPFilter",
  apiVersion: "projectcalico.org/v3",
  aliases: ["crd.projectcalico.org/v1"],
  words: ["bgpfilter", "bgpfilters"],
  schema: bgpFilter,
  validate({ metadata, spec }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
    for (const [list, family] of Object.entries(LISTS))
      spec?.[list as keyof typeof LISTS]?.forEach((one, i) => checkRule(one, family, ["spec", list, i], report));
  },
  resolve({ metadata: { name }, spec }, scope, { bgp }) {
    const read = (list: readonly Rule[] = []): readonly BgpFilterRule[] => list.map(readRule);
    const model: BgpFilterModel = {
      name,
      import: { ipv4: read(spec?.importV4), ipv6: read(spec?.importV6) },
      export: { ipv4: read(spec?.exportV4), ipv6: read(spec?.exportV6) },
      cause: scope.cause(`BGPFilter ${name}`, "which routes pass"),
    };
    bgp.filters.push({ model, scope });
  },
};
