/** A policy of Calico's from its manifest: defaults filled, selectors with the namespaces that limit them, networks canonical. */
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../net/address.ts";
import { formatPath } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { CalicoAction, CalicoEnd, CalicoPolicyModel, CalicoPort, CalicoRule } from "./calico-policy.ts";
import { readable } from "./check-selector.ts";
import { readPort } from "./rule-schema.ts";
import type { EntityDocument, PolicyFields, RuleDocument } from "./rule-schema.ts";
import { endSelector, subjectSelector } from "./selector-text.ts";

const ACTIONS: Readonly<Record<string, CalicoAction>> = { Allow: "allow", Deny: "deny", Log: "log", Pass: "pass" };

/** Canonical; what is none is left out, as its check has reported. A single address is a prefix of its whole length. */
export function netsOf(list: readonly string[] = []): readonly string[] {
  return list.flatMap((text) => {
    const prefix = parsePrefix(text);
    if (prefix !== undefined) return [formatPrefix(prefix)];
    const address = parseAddress(text);
    return address === undefined ? [] : [`${formatAddress(address)}/${address.family === "ipv4" ? 32 : 128}`];
  });
}

function portsOf(list: readonly (number | string)[] = []): readonly CalicoPort[] {
  return list.map(readPort).filter((port): port is CalicoPort => !(port instanceof Error));
}

const filled = (text: string | undefined): string | undefined => (readable(text) === "" ? undefined : text);

function endOf(document: EntityDocument = {}, namespace: string | undefined): CalicoEnd {
  const { services, serviceAccounts: accounts } = document;
  const readSelectors = {
    selector: readable(document.selector),
    notSelector: readable(document.notSelector),
    namespaceSelector: readable(document.namespaceSelector),
    ...(accounts === undefined
      ? {}
      : { serviceAccounts: { names: accounts.names, selector: readable(accounts.selector) } }),
  };
  const selector = endSelector(readSelectors, namespace);
  const notSelector = filled(document.notSelector);
  return {
    ...(selector === undefined ? {} : { selector }),
    ...(notSelector === undefined ? {} : { notSelector }),
    nets: netsOf(document.nets),
    notNets: netsOf(document.notNets),
    ports: portsOf(document.ports),
    notPorts: portsOf(document.notPorts),
    ...(services === undefined
      ? {}
      : { service: { namespace: services.namespace ?? namespace ?? "default", name: services.name ?? "" } }),
  };
}

const protocolOf = (protocol: string | number): string | number =>
  /^\d+$/.test(String(protocol)) ? Number(protocol) : String(protocol).toLowerCase();

function ruleOf(document: RuleDocument, namespace: string | undefined, cause: CalicoRule["cause"]): CalicoRule {
  const { ipVersion, protocol, notProtocol, icmp, notICMP } = document;
  return {
    action: ACTIONS[document.action ?? ""] ?? "deny",
    ...(ipVersion === 4 || ipVersion === 6 ? { ipVersion } : {}),
    ...(protocol === undefined ? {} : { protocol: protocolOf(protocol) }),
    ...(notProtocol === undefined ? {} : { notProtocol: protocolOf(notProtocol) }),
    ...(icmp === undefined ? {} : { icmp }),
    ...(notICMP === undefined ? {} : { notIcmp: notICMP }),
    source: endOf(document.source, namespace),
    destination: endOf(document.destination, namespace),
    cause,
  };
}

/** Those that are asked for, or those that there are rules for. */
function typesOf({ types = [], ingress = [], egress = [] }: PolicyFields): CalicoPolicyModel["types"] {
  if (types.length > 0) return (["Ingress", "Egress"] as const).filter((type) => types.includes(type));
  if (egress.length === 0) return ["Ingress"];
  return ingress.length === 0 ? ["Egress"] : ["Ingress", "Egress"];
}

interface GlobalFields {
  readonly namespaceSelector?: string | undefined;
  readonly doNotTrack?: boolean | undefined;
  readonly preDNAT?: boolean | undefined;
  readonly applyOnForward?: boolean | undefined;
}

export function resolvePolicy(
  kind: CalicoPolicyModel["kind"],
  { name, namespace }: { readonly name: string; readonly namespace?: string | undefined },
  spec: PolicyFields & GlobalFields,
  scope: Scope,
): CalicoPolicyModel {
  const object = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  const rules = (direction: "ingress" | "egress"): readonly CalicoRule[] =>
    (spec[direction] ?? []).map((rule, i) => {
      const path = [direction, i];
      return ruleOf(rule, namespace, scope.at("spec", ...path).cause(object, formatPath(path)));
    });
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    tier: spec.tier ?? "default",
    ...(spec.order === undefined ? {} : { order: spec.order }),
    selector: subjectSelector(
      {
        selector: readable(spec.selector),
        namespaceSelector: readable(spec.namespaceSelector),
        serviceAccountSelector: readable(spec.serviceAccountSelector),
      },
      namespace,
    ),
    types: typesOf(spec),
    stage: spec.doNotTrack === true ? "untracked" : spec.preDNAT === true ? "preDNAT" : "normal",
    applyOnForward: spec.applyOnForward === true,
    ingress: rules("ingress"),
    egress: rules("egress"),
    cause: scope.at("metadata", "name").cause(object, "policy"),
  };
}
