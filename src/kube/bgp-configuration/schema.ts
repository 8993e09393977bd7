/** BGPConfiguration manifests (projectcalico.org/v3, crd.projectcalico.org/v1): their shape, and the checks of the CRD. */
import * as z from "zod";
import { formatPrefix, hasHostBits, parsePrefix } from "../../net/address.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument, port } from "../../syntax/scalar.ts";
import { asNumber, checkAsNumber, readAsNumber } from "../calico/as-number.ts";
import { isCommunity } from "../calico/community.ts";
import { goSeconds } from "../calico/go-duration.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import type { BgpConfigurationModel } from "./bgp-configuration.ts";

const blocks = lazy(() => z.array(z.strictObject({ cidr: argument.optional() })));
const priority = lazy(() => z.int().min(1).max(2_147_483_646));

const spec = lazy(() =>
  z.strictObject({
    logSeverityScreen: anything,
    nodeToNodeMeshEnabled: z.boolean().optional(),
    asNumber: asNumber.optional(),
    serviceLoadBalancerIPs: blocks.optional(),
    serviceExternalIPs: blocks.optional(),
    serviceClusterIPs: blocks.optional(),
    serviceLoadBalancerAggregation: z.enum(["Enabled", "Disabled"]).optional(),
    communities: z.array(z.strictObject({ name: argument, value: argument })).optional(),
    prefixAdvertisements: z
      .array(z.strictObject({ cidr: argument, communities: z.array(argument).optional() }))
      .optional(),
    listenPort: port.optional(),
    nodeMeshPassword: anything,
    nodeMeshMaxRestartTime: argument.optional(),
    bindMode: z.enum(["None", "NodeIP"]).optional(),
    ignoredInterfaces: z.array(argument).optional(),
    localWorkloadPeeringIPV4: argument.optional(),
    localWorkloadPeeringIPV6: argument.optional(),
    programClusterRoutes: z.enum(["Enabled", "Disabled", "EnabledIPIPOnly", "EnabledNoEncapOnly"]).optional(),
    ipv4NormalRoutePriority: priority.optional(),
    ipv6NormalRoutePriority: priority.optional(),
  }),
);

const bgpConfiguration = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("BGPConfiguration"),
    metadata: objectMeta,
    spec: spec.nullable().optional(),
  }),
);

export type BgpConfigurationDocument = z.infer<typeof bgpConfiguration>;
type Spec = z.infer<typeof spec>;

const SERVICE_BLOCKS = ["serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs"] as const;
/** Fields that are read of the object `default` alone. */
const GLOBAL = ["nodeToNodeMeshEnabled", ...SERVICE_BLOCKS, "nodeMeshPassword", "nodeMeshMaxRestartTime"] as const;

function checkCidr(text: string, path: Path, report: Report): void {
  const prefix = parsePrefix(text);
  if (prefix === undefined)
    report(path, `Invalid value: "${text}": invalid CIDR value.`, { at: "value", hint: "for example 10.96.0.0/12" });
  else if (hasHostBits(text))
    report(path, `Invalid value: "${text}": must be strictly masked`, {
      at: "value",
      hint: `write ${formatPrefix(prefix)}`,
    });
}

function checkCommunities({ communities = [], prefixAdvertisements = [] }: Spec, report: Report): void {
  const form = "aa:nn of 16 bits each, or aa:nn:mm of 32 bits each: 65000:100";
  const names = new Set(communities.map(({ name }) => name));
  communities.forEach(({ value }, i) => {
    if (!isCommunity(value))
      report(
        ["spec", "communities", i, "value"],
        `Invalid value: "${value}": invalid community value or format used.`,
        {
          at: "value",
          hint: form,
        },
      );
  });
  prefixAdvertisements.forEach(({ cidr, communities: own = [] }, i) => {
    checkCidr(cidr, ["spec", "prefixAdvertisements", i, "cidr"], report);
    own.forEach((one, j) => {
      if (!isCommunity(one) && !names.has(one))
        report(
          ["spec", "prefixAdvertisements", i, "communities", j],
          `Invalid value: "${one}": community used is invalid or not defined.`,
          { at: "value", hint: `${form}, or a name of spec.communities` },
        );
    });
  });
  if (communities.length > 0 && prefixAdvertisements.length === 0)
    report(["spec", "communities"], "communities are defined but not used in prefixAdvertisements", {
      hint: "spec.prefixAdvertisements says which prefixes get them",
    });
}

function checkMesh(given: Spec, report: Report): void {
  for (const field of ["nodeMeshPassword", "nodeMeshMaxRestartTime"] as const)
    if (given[field] !== undefined && given.nodeToNodeMeshEnabled === false)
      report(["spec", field], `${field} cannot be set when nodeToNodeMeshEnabled is false`);
  if (given.nodeMeshPassword !== undefined)
    report(["spec", "nodeMeshPassword"], "sessions have no passwords here", {
      severity: "warning",
      hint: "the mesh is built without it",
    });
  const time = given.nodeMeshMaxRestartTime;
  if (time !== undefined && goSeconds(time) === undefined)
    report(["spec", "nodeMeshMaxRestartTime"], `time: invalid duration "${time}"`, { at: "value", hint: "write 120s" });
}

const cidrs = (list: Spec["serviceClusterIPs"] = []): readonly string[] =>
  list.flatMap(({ cidr = "" }) => {
    const prefix = parsePrefix(cidr);
    return prefix === undefined ? [] : [formatPrefix(prefix)];
  });

export const bgpConfigurationKind: ManifestKind<"BGPConfiguration", BgpConfigurationDocument> = {
  kind: "BGPConfiguration",
  apiVersion: "projectcalico.org/v3",
  aliases: ["crd.projectcalico.org/v1"],
  words: ["bgpconfig", "bgpconfiguration", "bgpconfigurations"],
  schema: bgpConfiguration,
  validate({ metadata, spec: given }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
    const { name } = metadata;
    if (name !== "default" && !name.startsWith("node."))
      report(["metadata", "name"], `BGPConfiguration ${name} has no effect`, {
        severity: "warning",
        at: "value",
        hint: "default is for all nodes, node.NAME for one",
      });
    if (given === undefined || given === null) return;
    checkAsNumber(given.asNumber, ["spec", "asNumber"], report);
    checkMesh(given, report);
    checkCommunities(given, report);
    for (const field of SERVICE_BLOCKS)
      given[field]?.forEach(({ cidr }, i) => {
        if (cidr !== undefined) checkCidr(cidr, ["spec", field, i, "cidr"], report);
      });
    if (name.startsWith("node."))
      for (const field of GLOBAL)
        if (given[field] !== undefined)
          report(["spec", field], `${field} is read of BGPConfiguration default alone`, { severity: "warning" });
    for (const field of ["localWorkloadPeeringIPV4", "localWorkloadPeeringIPV6"] as const)
      if (given[field] !== undefined)
        report(["spec", field], "BGP with pods is not supported here", {
          severity: "warning",
          hint: "nodes and routers speak BGP",
        });
  },
  resolve({ metadata: { name }, spec: given }, scope, { bgp }) {
    const { communities = [], prefixAdvertisements = [], ...fields } = given ?? {};
    const valueOf = (text: string): readonly string[] =>
      isCommunity(text) ? [text] : communities.flatMap((one) => (one.name === text ? [one.value] : []));
    const model: BgpConfigurationModel = {
      name,
      mesh: fields.nodeToNodeMeshEnabled,
      asn: fields.asNumber === undefined ? undefined : readAsNumber(fields.asNumber),
      listenPort: fields.listenPort,
      bindMode: fields.bindMode,
      ignoredInterfaces: fields.ignoredInterfaces ?? [],
      clusterIPs: cidrs(fields.serviceClusterIPs),
      externalIPs: cidrs(fields.serviceExternalIPs),
      loadBalancerIPs: cidrs(fields.serviceLoadBalancerIPs),
      aggregates: fields.serviceLoadBalancerAggregation !== "Disabled",
      advertisements: prefixAdvertisements.map((one) => ({
        cidr: one.cidr,
        communities: [...new Set((one.communities ?? []).flatMap(valueOf))].toSorted(),
      })),
      meshRestartTime: goSeconds(fields.nodeMeshMaxRestartTime ?? ""),
      programClusterRoutes: fields.programClusterRoutes,
      priority: {
        ...(fields.ipv4NormalRoutePriority === undefined ? {} : { ipv4: fields.ipv4NormalRoutePriority }),
        ...(fields.ipv6NormalRoutePriority === undefined ? {} : { ipv6: fields.ipv6NormalRoutePriority }),
      },
      cause: scope.cause(`BGPConfiguration ${name}`, "how the nodes speak BGP"),
    };
    bgp.configurations.push({ model, scope });
  },
};
