/** What Calico refuses in rules and policies, in its words (libcalico-go/lib/validator/v3/validator.go, rules of the CRDs). */
import { formatPrefix, hasHostBits, parseAddress, parsePrefix } from "../../net/address.ts";
import { checkName, DNS_LABEL, invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { checkItems, checkRange, checkUnique } from "../cluster-network-policy/crd-checks.ts";
import { protocolNumber } from "./calico-policy.ts";
import { checkSelector } from "./check-selector.ts";
import { readPort } from "./rule-schema.ts";
import type { EntityDocument, PolicyFields, RuleDocument } from "./rule-schema.ts";
import { SelectorError, tokenize } from "./selector-tokens.ts";

type Direction = "ingress" | "egress";
const ACTIONS = ["Allow", "Deny", "Log", "Pass"];
const PROTOCOLS = ["TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite"];
/** Protocols with ports. */
const WITH_PORTS: ReadonlySet<number | undefined> = new Set([6, 17, 132]);
const PORT_LISTS = ["ports", "notPorts"] as const;
const ENDS = ["source", "destination"] as const;

const refuse = (report: Report, path: Path, message: string, hint?: string): void =>
  report(path, invalidValue("object", message), { at: "value", ...(hint === undefined ? {} : { hint }) });
const forbid = (report: Report, path: Path, message: string, hint?: string): void =>
  report(path, `Forbidden: ${message}`, hint === undefined ? {} : { hint });

export const GLOBAL_ONLY = "global() can only be used in an EntityRule namespaceSelector";

/** A selector in which global() has no place. */
export function checkPlainSelector(text: string | undefined, path: Path, report: Report): void {
  checkSelector(text, path, report);
  if (text?.includes("global(") === true) report(path, invalidValue(text, GLOBAL_ONLY), { at: "value" });
}

function isGlobalAlone(text: string): boolean {
  try {
    const tokens = tokenize(text);
    return tokens.length <= 2 && tokens[0]?.kind === "Global";
  } catch (error) {
    if (error instanceof SelectorError) return true;
    throw error;
  }
}

export function checkNet(text: string, path: Path, report: Report, isAddressTaken: boolean): void {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) {
    if (hasHostBits(text))
      report(path, `${JSON.stringify(text)} has bits set beyond its length: it means ${formatPrefix(prefix)}`, {
        severity: "warning",
        at: "value",
        hint: `write ${formatPrefix(prefix)}`,
      });
    return;
  }
  if (isAddressTaken && parseAddress(text) !== undefined) return;
  report(path, invalidValue(text, "invalid CIDR"), {
    at: "value",
    hint: "an address and a prefix length: 10.0.0.0/8, 192.0.2.1/32, fd00::/8",
  });
}

function checkPorts(entity: EntityDocument, protocol: RuleDocument["protocol"], path: Path, report: Report): void {
  for (const list of PORT_LISTS) {
    const at = [...path, list];
    const read = (entity[list] ?? []).map(readPort);
    checkItems(entity[list], 50, at, report, 0);
    for (const [i, one] of read.entries()) {
      if (one instanceof Error)
        report([...at, i], invalidValue(entity[list]?.[i], one.message), {
          at: "value",
          hint: 'a number, a range "8000:8999", or the name of a port',
        });
      else if (typeof one === "object" && one.first < 1)
        report(
          [...at, i],
          invalidValue(entity[list]?.[i], "port range invalid, port number must be between 1 and 65535"),
          {
            at: "value",
          },
        );
    }
    if (read.length === 0) continue;
    if (protocol === undefined && read.some((one) => typeof one === "object"))
      refuse(
        report,
        at,
        "rules with numeric port or port range must set protocol to TCP or UDP or SCTP",
        "add protocol: TCP to the rule",
      );
    if (protocol !== undefined && !WITH_PORTS.has(numberOf(protocol)))
      refuse(report, at, "rules that specify ports must set protocol to TCP or UDP or SCTP");
  }
}

function numberOf(protocol: string | number | undefined): number | undefined {
  if (protocol === undefined) return undefined;
  return typeof protocol === "string" && /^\d+$/.test(protocol) ? Number(protocol) : protocolNumber(protocol);
}

function checkProtocol(protocol: string | number | undefined, path: Path, report: Report): void {
  if (protocol === undefined) return;
  const number = typeof protocol === "number" || /^\d+$/.test(protocol) ? Number(protocol) : undefined;
  if (number !== undefined) {
    if (number < 1 || number > 255)
      report(path, invalidValue(protocol, "protocol number invalid"), { at: "value", hint: "1 to 255" });
  } else if (!PROTOCOLS.includes(String(protocol))) {
    const near = PROTOCOLS.find((name) => name.toLowerCase() === String(protocol).toLowerCase());
    report(path, invalidValue(protocol, "protocol name invalid"), {
      at: "value",
      hint: near === undefined ? `one of ${PROTOCOLS.join(", ")}, or a number` : `write ${near}`,
    });
  }
}

function checkServices(
  { services, ...entity }: EntityDocument,
  end: (typeof ENDS)[number],
  direction: Direction,
  isGlobal: boolean,
  path: Path,
  report: Report,
): void {
  if (services === undefined) return;
  const at = [...path, "services"];
  const isMisplaced = (direction === "egress") !== (end === "destination");
  if (isMisplaced)
    forbid(
      report,
      at,
      direction === "egress" ? "not allowed in egress rule source" : "not allowed in ingress rule destination",
    );
  if ((services.name ?? "") === "") report([...at, "name"], "Required value: services must specify a service name");
  if (isGlobal && (services.namespace ?? "") === "")
    report([...at, "namespace"], "Required value: must specify a namespace", { hint: "of the Service" });
  const has = (key: Exclude<keyof typeof entity, "serviceAccounts">): boolean => (entity[key]?.length ?? 0) > 0;
  if (has("namespaceSelector")) forbid(report, at, "cannot specify NamespaceSelector and Services on the same rule");
  if (entity.serviceAccounts !== undefined)
    forbid(report, at, "cannot specify ServiceAccounts and Services on the same rule");
  if (has("selector") || has("notSelector"))
    forbid(report, at, "cannot specify Selector/NotSelector and Services on the same rule");
  if (has("nets") || has("notNets")) forbid(report, at, "cannot specify Nets/NotNets and Services on the same rule");
  if (end === "destination" && (has("ports") || has("notPorts")))
    forbid(report, at, "ports and notPorts cannot be specified with services", "the Service's own ports are meant");
}

function checkEntity(entity: EntityDocument, path: Path, report: Report): void {
  checkPlainSelector(entity.selector, [...path, "selector"], report);
  checkSelector(entity.notSelector, [...path, "notSelector"], report);
  checkPlainSelector(entity.serviceAccounts?.selector, [...path, "serviceAccounts", "selector"], report);
  const { namespaceSelector } = entity;
  checkSelector(namespaceSelector, [...path, "namespaceSelector"], report);
  if (namespaceSelector?.includes("global(") === true && !isGlobalAlone(namespaceSelector))
    report(
      [...path, "namespaceSelector"],
      invalidValue(namespaceSelector, "global() cannot be combined with other selectors"),
      { at: "value" },
    );
}

function checkNets(rule: RuleDocument, path: Path, report: Report): void {
  const families = new Set<string>();
  for (const end of ENDS)
    for (const list of ["nets", "notNets"] as const) {
      const nets = rule[end]?.[list];
      const at = [...path, end, list];
      checkItems(nets, 256, at, report, 0);
      checkUnique(nets, at, report);
      for (const [i, text] of (nets ?? []).entries()) {
        checkNet(text, [...at, i], report, true);
        const prefix = parsePrefix(text) ?? parseAddress(text);
        if (list === "notNets" && parsePrefix(text)?.length === 0)
          report(
            [...at, i],
            invalidValue(text, "catch-all CIDR in negation creates logical contradiction (matches no traffic)"),
            { at: "value" },
          );
        if (prefix === undefined) continue;
        families.add(prefix.family);
        if (rule.ipVersion !== undefined && (rule.ipVersion === 6) !== (prefix.family === "ipv6"))
          report([...at, i], invalidValue(text, "rule IP version doesn't match CIDR version"), { at: "value" });
      }
      if (families.size > 1) {
        refuse(report, at, "rule contains both IPv4 and IPv6 CIDRs", "make a rule of each family");
        families.clear();
      }
    }
}

function checkIcmp(rule: RuleDocument, path: Path, report: Report): void {
  for (const key of ["icmp", "notICMP"] as const) {
    const fields = rule[key];
    if (fields === undefined) continue;
    checkRange(fields.type, 0, 254, [...path, key, "type"], report);
    checkRange(fields.code, 0, 255, [...path, key, "code"], report);
    if (fields.code !== undefined && fields.type === undefined)
      refuse(report, [...path, key], "ICMP code specified without an ICMP type");
  }
  const number = numberOf(rule.protocol);
  if (rule.icmp !== undefined && number !== 1 && number !== 58)
    refuse(
      report,
      [...path, "icmp"],
      "ICMP fields require protocol to be ICMP or ICMPv6",
      "add protocol: ICMP to the rule",
    );
  for (const key of ["protocol", "notProtocol"] as const)
    for (const [of, version, name] of [
      [1, 4, "ICMP"],
      [58, 6, "ICMPv6"],
    ] as const)
      if (numberOf(rule[key]) === of && rule.ipVersion !== undefined && rule.ipVersion !== version)
        refuse(report, [...path, "ipVersion"], `protocol ${name} requires ipVersion ${version}`);
}

function checkRule(rule: RuleDocument, direction: Direction, isGlobal: boolean, path: Path, report: Report): void {
  if (rule.action === undefined)
    report([...path, "action"], "Required value", { hint: `one of ${ACTIONS.join(", ")}` });
  else if (!ACTIONS.includes(rule.action))
    report([...path, "action"], unsupportedValue(rule.action, ACTIONS), { at: "value" });
  if (rule.ipVersion !== undefined && rule.ipVersion !== 4 && rule.ipVersion !== 6)
    report([...path, "ipVersion"], unsupportedValue(String(rule.ipVersion), ["4", "6"]), { at: "value" });
  checkProtocol(rule.protocol, [...path, "protocol"], report);
  checkProtocol(rule.notProtocol, [...path, "notProtocol"], report);
  checkIcmp(rule, path, report);
  checkNets(rule, path, report);
  for (const end of ENDS) {
    const entity = rule[end];
    if (entity === undefined) continue;
    checkEntity(entity, [...path, end], report);
    checkPorts(entity, rule.protocol, [...path, end], report);
    checkServices(entity, end, direction, isGlobal, [...path, end], report);
  }
  if (rule.http !== undefined)
    forbid(
      report,
      [...path, "http"],
      direction === "egress"
        ? "not allowed in egress rules"
        : "http.methods and http.paths are not supported here: Felix' rules know no HTTP, Calico leaves it to Envoy with Dikastes",
      "allow the port, and leave HTTP to what serves it",
    );
}

export function checkPolicy(spec: PolicyFields, isGlobal: boolean, report: Report): void {
  const at = ["spec"];
  if (spec.tier !== undefined) checkName(spec.tier, DNS_LABEL, [...at, "tier"], report);
  checkPlainSelector(spec.selector, [...at, "selector"], report);
  checkPlainSelector(spec.serviceAccountSelector, [...at, "serviceAccountSelector"], report);
  for (const [i, type] of (spec.types ?? []).entries()) {
    if (type !== "Ingress" && type !== "Egress")
      report([...at, "types", i], unsupportedValue(type, ["Ingress", "Egress"]), { at: "value" });
    if (spec.types?.indexOf(type) !== i)
      report([...at, "types", i], invalidValue(type, `'${type}' type specified more than once`), { at: "value" });
  }
  for (const direction of ["ingress", "egress"] as const) {
    checkItems(spec[direction], 1024, [...at, direction], report, 0);
    for (const [i, rule] of (spec[direction] ?? []).entries())
      checkRule(rule, direction, isGlobal, [...at, direction, i], report);
  }
}

/** Names of policies: a label, or two with a dot between, the first of which was the tier. */
export function checkPolicyName(name: string, report: Report): void {
  const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  if (!new RegExp(`^(${label}\\.)?${label}$`).test(name))
    report(
      ["metadata", "name"],
      invalidValue(name, `name must consist of lower case alphanumeric characters or '-' (regex: ${label})`),
      { at: "value" },
    );
}

export function checkGlobal(metadata: { readonly namespace?: string | undefined }, report: Report): void {
  if (metadata.namespace !== undefined)
    forbid(
      report,
      ["metadata", "namespace"],
      "not allowed on this type",
      "it is of the whole cluster; remove the line",
    );
}
