/** Addresses of a Service as the API server checks them: cluster IPs and families, external and load-balancer addresses. */
import { parseLegacyAddress, parseLegacyPrefix } from "../../net/legacy-address.ts";
import { specialAddress } from "../../net/special-address.ts";
import type { Path } from "../../syntax/path.ts";
import { checkName, DNS_SUBDOMAIN, invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import type { ServiceDocument } from "./schema.ts";

const BAD_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const BAD_PREFIX = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["SingleStack", "PreferDualStack", "RequireDualStack"];

type Spec = ServiceDocument["spec"];

/** Old clients' notation is accepted by the API server and by us, with a warning: its meaning is disputed. */
function warnLegacy(text: string, canonical: string | undefined, path: Path, report: Report): void {
  if (canonical === undefined || canonical === text) return;
  report(path, `non-standard notation ${JSON.stringify(text)} is read as ${canonical}`, {
    severity: "warning",
    at: "value",
    hint: `write ${canonical}`,
  });
}

function checkClusterIPs(spec: Spec, report: Report): void {
  const ips = spec.clusterIPs ?? [];
  const path = ["spec", "clusterIPs"];
  const single = spec.clusterIP ?? "";
  if (single === "" && ips.length > 0)
    report(path, invalidValue(ips, "must be empty when `clusterIP` is not specified"), {
      hint: `add clusterIP: ${ips[0]}`,
    });
  if (single !== "" && ips.length > 0 && ips[0] !== single)
    report(path, invalidValue(ips, "first value must match `clusterIP`"));
  const all = ips.length > 0 ? ips : single === "" ? [] : [single];
  let invalid = false;
  for (const [i, ip] of all.entries()) {
    const at = ips.length > 0 ? [...path, i] : ["spec", "clusterIP"];
    if (i === 0 && ip === "None") {
      if (all.length > 1) {
        report(path, invalidValue(all, "'None' must be the first and only value"));
        invalid = true;
      }
      continue;
    }
    const address = parseLegacyAddress(ip);
    if (address === undefined) {
      report(at, invalidValue(ip, BAD_ADDRESS), {
        at: "value",
        hint: "an address in the serviceCIDR, None for a headless Service, or no clusterIP at all",
      });
      invalid = true;
    } else warnLegacy(ip, address.text, at, report);
  }
  if (all.length > 2) report(path, invalidValue(all, "may only hold up to 2 values"));
  if (invalid || all.length === 0 || all[0] === "None") return;
  const families = all.map((ip) => parseLegacyAddress(ip)?.address.family);
  if (families.length > 1 && new Set(families).size !== families.length) {
    report(path, invalidValue(all, "may specify no more than one IP for each IP family"));
  }
  for (const [i, ip] of all.entries()) {
    const wanted = spec.ipFamilies?.[i];
    if (wanted === undefined || !FAMILIES.includes(wanted) || wanted.toLowerCase() === families[i]) continue;
    report(
      ips.length > 0 ? [...path, i] : ["spec", "clusterIP"],
      invalidValue(ip, `expected an ${wanted} value as indicated by \`ipFamilies[${i}]\``),
      { at: "value" },
    );
  }
}

/** Cluster IPs, ipFamilies and ipFamilyPolicy (ValidateServiceClusterIPsRelatedFields). */
export function checkFamilies(spec: Spec, report: Report): void {
  const seen = new Set<string>();
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    const at = ["spec", "ipFamilies", i];
    if (!FAMILIES.includes(family)) report(at, unsupportedValue(family, FAMILIES), { at: "value" });
    if (seen.has(family)) report(at, `Duplicate value: ${JSON.stringify(family)}`, { at: "value" });
    seen.add(family);
  }
  const policy = spec.ipFamilyPolicy ?? "";
  if (policy !== "" && !POLICIES.includes(policy))
    report(["spec", "ipFamilyPolicy"], unsupportedValue(policy, POLICIES), { at: "value" });
  checkClusterIPs(spec, report);
  if (
    (policy === "" || policy === "SingleStack") &&
    !(policy === "" && spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0)
  ) {
    const many = (spec.clusterIPs ?? []).length === 2 ? "cluster IPs" : seen.size === 2 ? "IP families" : undefined;
    if (many !== undefined) {
      report(
        ["spec", "ipFamilyPolicy"],
        invalidValue(
          "SingleStack",
          `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${many} are specified`,
        ),
        {
          hint: "add ipFamilyPolicy: PreferDualStack",
        },
      );
    }
  }
}

export function checkExternalIPs(ips: readonly string[], report: Report): void {
  for (const [i, ip] of ips.entries()) {
    const at = ["spec", "externalIPs", i];
    const parsed = parseLegacyAddress(ip);
    if (parsed === undefined) {
      report(at, invalidValue(ip, BAD_ADDRESS), { at: "value" });
      continue;
    }
    const special = specialAddress(parsed.address);
    if (special !== undefined) report(at, invalidValue(ip, special), { at: "value" });
    else warnLegacy(ip, parsed.text, at, report);
  }
}

/** White space around a range is accepted, as in kube-proxy. */
export function checkSourceRanges(ranges: readonly string[], report: Report): void {
  for (const [i, range] of ranges.entries()) {
    const at = ["spec", "loadBalancerSourceRanges", i];
    const parsed = parseLegacyPrefix(range.trim());
    if (parsed === undefined) report(at, invalidValue(range, BAD_PREFIX), { at: "value" });
    else warnLegacy(range.trim(), parsed, at, report);
  }
}

type Ingress = NonNullable<NonNullable<NonNullable<ServiceDocument["status"]>["loadBalancer"]>["ingress"]>;

/** status.loadBalancer: a lab may set the addresses that a cloud would. */
export function checkIngress(ingress: Ingress, type: string, report: Report): void {
  const path = ["status", "loadBalancer", "ingress"];
  if (ingress.length > 0 && type !== "LoadBalancer") {
    report(path, "Forbidden: may only be used when `spec.type` is 'LoadBalancer'", {
      hint: "set type: LoadBalancer, or remove the status",
    });
  }
  for (const [i, { ip, hostname, ipMode }] of ingress.entries()) {
    const at = [...path, i];
    if ((ip ?? "") !== "" && parseLegacyAddress(ip ?? "") === undefined)
      report([...at, "ip"], invalidValue(ip, BAD_ADDRESS), { at: "value" });
    if ((ipMode ?? "") !== "" && (ip ?? "") === "")
      report([...at, "ipMode"], "Forbidden: may not be specified when `ip` is not set");
    if ((ipMode ?? "") !== "" && ipMode !== "VIP" && ipMode !== "Proxy")
      report([...at, "ipMode"], unsupportedValue(ipMode ?? "", ["Proxy", "VIP"]), { at: "value" });
    if ((hostname ?? "") !== "" && parseLegacyAddress(hostname ?? "") !== undefined) {
      report([...at, "hostname"], invalidValue(hostname, "must be a DNS name, not an IP address"), { at: "value" });
    } else if ((hostname ?? "") !== "") checkName(hostname ?? "", DNS_SUBDOMAIN, [...at, "hostname"], report);
  }
}
