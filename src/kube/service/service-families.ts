/** Which address families a Service has: ipFamilies, ipFamilyPolicy and given cluster IPs (pkg/registry/core/service/storage/alloc.go). */
import type { Family } from "../../net/family.ts";
import { FAMILY_NAMES } from "../../net/families.ts";
import type { ServiceDocument } from "./schema.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Scope } from "../../syntax/scope.ts";

type Spec = ServiceDocument["spec"];

function namedFamily(name: string): readonly Family[] {
  return name === "IPv4" ? ["ipv4"] : name === "IPv6" ? ["ipv6"] : [];
}

const other = (family: Family): Family => (family === "ipv4" ? "ipv6" : "ipv4");

/** clusterIPs, or clusterIP alone. */
export function givenClusterIPs(spec: Spec): readonly string[] {
  const ips = spec.clusterIPs ?? [];
  return ips.length > 0 ? ips : (spec.clusterIP ?? "") === "" ? [] : [spec.clusterIP ?? ""];
}

/** `cluster`: the cluster's families, its default first. Messages are prefixed with the Service and the path. */
export function serviceFamilies(
  spec: Spec,
  cluster: readonly Family[],
  scope: Scope,
  report: (scope: Scope, message: string, hint?: string) => void,
): readonly Family[] {
  const [first = "ipv4"] = cluster;
  const given = givenClusterIPs(spec);
  const headless = given[0] === "None";
  const families = [...new Set((spec.ipFamilies ?? []).flatMap(namedFamily))];
  const hint = `this cluster has ${cluster.map((family) => FAMILY_NAMES[family]).join(" and ")}: give podCIDR and serviceCIDR of both families for dual stack`;
  const withoutSelector = headless && Object.keys(spec.selector ?? {}).length === 0;
  const policy =
    (spec.ipFamilyPolicy ?? "") === ""
      ? withoutSelector
        ? "RequireDualStack"
        : "SingleStack"
      : (spec.ipFamilyPolicy ?? "");
  for (const [i, ip] of headless ? [] : given.entries()) {
    const family = parseLegacyAddress(ip)?.address.family;
    if (family === undefined || i < families.length) continue;
    if (cluster.includes(family)) families.push(family);
    else
      report(
        scope.at("clusterIPs", i),
        `Invalid value: ${JSON.stringify(given)}: ${FAMILY_NAMES[family]} is not configured on this cluster`,
        hint,
      );
  }
  if (withoutSelector) {
    const start = families.length > 0 ? families : [first];
    return start.length < 2 && policy !== "SingleStack" ? [...start, ...start.map(other)] : start;
  }
  if (policy === "RequireDualStack" && cluster.length < 2) {
    report(
      scope.at("ipFamilyPolicy"),
      `Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services`,
      hint,
    );
  }
  for (const [i, name] of (spec.ipFamilies ?? []).entries()) {
    const [family] = namedFamily(name);
    if (family !== undefined && !cluster.includes(family))
      report(scope.at("ipFamilies", i), `Invalid value: "${name}": not configured on this cluster`, hint);
  }
  const chosen = families.filter((family) => cluster.includes(family));
  const start: readonly Family[] = chosen.length > 0 ? chosen : [first];
  return policy !== "SingleStack" && start.length === 1 && cluster.length === 2
    ? [...start, ...start.map(other)]
    : start;
}
