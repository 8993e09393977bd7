/** A cluster-wide policy from its manifest, of either version of its API: rules in their order, selectors parsed, networks canonical. */
import { formatPrefix, hasHostBits, parsePrefix } from "../../net/address.ts";
import { formatPath } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { AdminNetworkPolicyDocument } from "../admin-network-policy/schema.ts";
import type { AdminPortDocument } from "../admin-network-policy/admin-rules.ts";
import type { BaselineAdminNetworkPolicyDocument } from "../baseline-admin-network-policy/schema.ts";
import { labelSelector } from "../label-selector.ts";
import type { PolicyPeer, PolicyPort } from "../network-policy/network-policy.ts";
import type { ClusterNetworkPolicyModel, ClusterPolicyRule } from "./cluster-network-policy.ts";
import { TRANSPORTS, type ClusterPeerDocument } from "./rules-schema.ts";
import type { ClusterNetworkPolicyDocument, ProtocolDocument } from "./schema.ts";

export type ClusterPolicyDocument =
  | ClusterNetworkPolicyDocument
  | AdminNetworkPolicyDocument
  | BaselineAdminNetworkPolicyDocument;

type Port = Omit<PolicyPort, "cause">;

const ACTIONS: Readonly<Record<string, ClusterPolicyRule["action"]>> = {
  Accept: "allow",
  Allow: "allow",
  Deny: "deny",
  Pass: "pass",
};

/** v1alpha2. */
function protocolPort(document: ProtocolDocument): Port {
  for (const key of TRANSPORTS) {
    const { number, range } = document[key]?.destinationPort ?? {};
    const protocol = key.toUpperCase() as "TCP" | "UDP" | "SCTP";
    if (range !== undefined) return { protocol, port: range.start, endPort: range.end };
    if (document[key] !== undefined) return { protocol, port: number };
  }
  return { port: document.destinationNamedPort };
}

/** v1alpha1. */
function adminPort({ portNumber, namedPort, portRange }: AdminPortDocument): Port {
  const word = (protocol: string | undefined) => (protocol ?? "TCP") as "TCP" | "UDP" | "SCTP";
  if (portNumber !== undefined) return { protocol: word(portNumber.protocol), port: portNumber.port };
  if (portRange !== undefined)
    return { protocol: word(portRange.protocol), port: portRange.start, endPort: portRange.end };
  return { port: namedPort };
}

/** One policy while it is read. */
class ClusterPolicyReader {
  readonly #object: string;
  readonly #root: Scope;

  constructor(object: string, root: Scope) {
    this.#object = object;
    this.#root = root;
  }

  #pathOf(scope: Scope): string {
    return formatPath(scope.path.slice(this.#root.path.length));
  }

  #cause(scope: Scope): PolicyPeer["cause"] {
    return scope.cause(this.#object, formatPath(scope.path.slice(this.#root.path.length + 1)));
  }

  #warn(scope: Scope, text: string, hint: string): void {
    scope.warn(`${this.#object}: ${this.#pathOf(scope)}: ${text}`, hint);
  }

  #network(text: string, scope: Scope): readonly PolicyPeer[] {
    const prefix = parsePrefix(text);
    // Already reported by the check of the CRD.
    if (prefix === undefined) return [];
    const cidr = formatPrefix(prefix);
    if (hasHostBits(text))
      this.#warn(scope, `${JSON.stringify(text)} has bits set beyond its length: it means ${cidr}`, `write ${cidr}`);
    return [{ kind: "ipBlock", cidr, except: [], field: "networks", cause: this.#cause(scope) }];
  }

  #peer({ namespaces, pods, nodes, networks, domainNames }: ClusterPeerDocument, scope: Scope): readonly PolicyPeer[] {
    const cause = this.#cause(scope);
    const found: PolicyPeer[] = (networks ?? []).flatMap((text, i) => this.#network(text, scope.at("networks", i)));
    if (namespaces !== undefined)
      found.push({ kind: "pods", namespaceSelector: labelSelector(namespaces), field: "namespaces", cause });
    if (pods !== undefined) {
      const { namespaceSelector = {}, podSelector = {} } = pods;
      found.push({
        kind: "pods",
        namespaceSelector: labelSelector(namespaceSelector),
        podSelector: labelSelector(podSelector),
        cause,
      });
    }
    if (nodes !== undefined) found.push({ kind: "nodes", selector: labelSelector(nodes), cause });
    if (domainNames !== undefined) found.push({ kind: "domainNames", names: domainNames, cause });
    return found;
  }

  /** A Deny or Pass that names domains fails closed, as the API requires of implementations that do not know a peer. */
  #rule(
    rule: { readonly name?: string | undefined; readonly action?: string | undefined },
    peers: readonly PolicyPeer[],
    ports: readonly PolicyPort[],
    scope: Scope,
  ): ClusterPolicyRule {
    const action = ACTIONS[rule.action ?? ""] ?? "pass";
    const base = { ...(rule.name === undefined ? {} : { name: rule.name }), cause: this.#cause(scope) };
    const domains = peers.find((peer) => peer.kind === "domainNames");
    if (domains === undefined) return { ...base, action, peers, ports };
    const names = domains.names.slice(0, 3).join(", ");
    if (action === "allow") {
      this.#warn(
        scope,
        `domainNames (${names}) are not enforced here: no rule of the kernel knows names, this part matches no packet`,
        "allow the addresses as well: networks",
      );
      return { ...base, action, peers, ports };
    }
    this.#warn(
      scope,
      `domainNames (${names}) are supported for Accept rules only: this rule denies everything, as the API wants it of peers that are not known`,
      "name networks instead",
    );
    return { ...base, action: "deny", peers: [], ports: [] };
  }

  rules(direction: "ingress" | "egress", { spec }: ClusterPolicyDocument): readonly ClusterPolicyRule[] {
    return (spec?.[direction] ?? []).map((rule, i) => {
      const scope = this.#root.at("spec", direction, i);
      const [word, list] = "from" in rule ? (["from", rule.from] as const) : ["to", "to" in rule ? rule.to : undefined];
      const [field, ports] =
        "protocols" in rule
          ? (["protocols", (rule.protocols ?? []).map(protocolPort)] as const)
          : ["ports", "ports" in rule ? (rule.ports ?? []).map(adminPort) : []];
      return this.#rule(
        rule,
        (list ?? []).flatMap((peer, j) => this.#peer(peer, scope.at(word, j))),
        ports.map((port, j) => ({ ...port, cause: this.#cause(scope.at(field, j)) })),
        scope,
      );
    });
  }
}

/** What the CRD refuses is already reported; here it is read as far as possible. */
export function resolveClusterNetworkPolicy(document: ClusterPolicyDocument, scope: Scope): ClusterNetworkPolicyModel {
  const { kind, metadata, spec } = document;
  const { name } = metadata;
  const { namespaces, pods } = spec?.subject ?? {};
  const object = `${kind} ${name}`;
  const reader = new ClusterPolicyReader(object, scope);
  const tier = kind === "ClusterNetworkPolicy" ? document.spec?.tier : undefined;
  return {
    kind,
    name,
    tier: tier === "Baseline" || kind === "BaselineAdminNetworkPolicy" ? "Baseline" : "Admin",
    ...(kind === "BaselineAdminNetworkPolicy" ? {} : { priority: document.spec?.priority ?? 0 }),
    subject:
      pods === undefined
        ? { namespaceSelector: labelSelector(namespaces ?? {}) }
        : {
            namespaceSelector: labelSelector(pods.namespaceSelector ?? {}),
            podSelector: labelSelector(pods.podSelector ?? {}),
          },
    ingress: reader.rules("ingress", document),
    egress: reader.rules("egress", document),
    cause: scope.at("metadata", "name").cause(object, "policy"),
  };
}
