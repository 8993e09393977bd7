/** A NetworkPolicy from its manifest: defaults filled as the API server does, address blocks checked and canonical. */
import type { NetworkPolicyDocument, PolicyPeerDocument, PolicyPortDocument } from "./schema.ts";
import { formatPrefix, hasHostBits, parsePrefix, prefixContains, type Prefix } from "../../net/address.ts";
import { labelSelector } from "../label-selector.ts";
import type { NetworkPolicyModel, PolicyPeer, PolicyPort, PolicyRule } from "./network-policy.ts";
import { formatPath } from "../../syntax/path.ts";
import type { Scope } from "../../syntax/scope.ts";
import { kindedName } from "../../net/object-ref.ts";

const BAD_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

interface RuleDocument {
  readonly peers?: readonly (PolicyPeerDocument | null)[] | undefined;
  readonly ports?: readonly (PolicyPortDocument | null)[] | undefined;
}

/** One policy while it is read. */
class PolicyReader {
  readonly #name: string;
  readonly #object: string;
  readonly #root: Scope;

  constructor(name: string, object: string, root: Scope) {
    this.#name = name;
    this.#object = object;
    this.#root = root;
  }

  #message(scope: Scope, text: string): string {
    return `NetworkPolicy "${this.#name}": ${formatPath(scope.path.slice(this.#root.path.length))}: ${text}`;
  }

  /** The API server's old parser accepts leading zeros (`010.0.0.0/8`) and host bits. */
  #prefix(text: string, scope: Scope): Prefix | undefined {
    const canonical = text.includes(":") ? text : text.replaceAll(/(?<![0-9])0+(?=[0-9])/g, "");
    const prefix = parsePrefix(canonical);
    if (prefix === undefined) {
      const hint =
        /^[^/]+$/.test(text) && text !== ""
          ? `write a prefix length: ${text}${text.includes(":") ? "/128" : "/32"}`
          : "an address and a prefix length";
      scope.error(this.#message(scope, `Invalid value: ${JSON.stringify(text.slice(0, 100))}: ${BAD_CIDR}`), hint);
    } else if (hasHostBits(canonical)) {
      scope.warn(
        this.#message(
          scope,
          `${JSON.stringify(text)} has bits set beyond its length: it means ${formatPrefix(prefix)}`,
        ),
        `write ${formatPrefix(prefix)}`,
      );
    }
    return prefix;
  }

  #ipBlock(document: NonNullable<PolicyPeerDocument["ipBlock"]>, scope: Scope): PolicyPeer | undefined {
    const at = scope.at("ipBlock");
    const { cidr = "" } = document;
    if (cidr === "") {
      at.at("cidr").error(this.#message(at.at("cidr"), "Required value"), "0.0.0.0/0 means all IPv4 addresses");
      return undefined;
    }
    const block = this.#prefix(cidr, at.at("cidr"));
    const except = (document.except ?? []).flatMap((text, i) => {
      const place = at.at("except", i);
      const part = this.#prefix(text, place);
      if (part === undefined || block === undefined) return [];
      if (prefixContains(block, part) && part.length > block.length) return [formatPrefix(part)];
      place.error(
        this.#message(place, `Invalid value: ${JSON.stringify(text)}: must be a strict subset of \`cidr\``),
        `except excludes parts of ${formatPrefix(block)} out of the block`,
      );
      return [];
    });
    return block === undefined
      ? undefined
      : { kind: "ipBlock", cidr: formatPrefix(block), except, cause: this.#cause(scope) };
  }

  #cause(scope: Scope): PolicyRule["cause"] {
    return scope.cause(this.#object, formatPath(scope.path.slice(this.#root.path.length + 1)));
  }

  #peer(document: PolicyPeerDocument, scope: Scope): readonly PolicyPeer[] {
    if (document.ipBlock !== undefined) {
      const block = this.#ipBlock(document.ipBlock, scope);
      return block === undefined ? [] : [block];
    }
    const { namespaceSelector, podSelector } = document;
    return [
      {
        kind: "pods",
        ...(namespaceSelector === undefined ? {} : { namespaceSelector: labelSelector(namespaceSelector) }),
        ...(podSelector === undefined ? {} : { podSelector: labelSelector(podSelector) }),
        cause: this.#cause(scope),
      },
    ];
  }

  #port(document: PolicyPortDocument, scope: Scope): PolicyPort {
    return {
      protocol: (document.protocol ?? "TCP") as PolicyPort["protocol"],
      ...(document.port === undefined ? {} : { port: document.port }),
      ...(document.endPort === undefined ? {} : { endPort: document.endPort }),
      cause: this.#cause(scope),
    };
  }

  rules(direction: "ingress" | "egress", key: "from" | "to", documents: readonly RuleDocument[]): PolicyRule[] {
    return documents.map((document, i) => {
      const scope = this.#root.at("spec", direction, i);
      return {
        peers: (document.peers ?? []).flatMap((peer, j) => this.#peer(peer ?? {}, scope.at(key, j))),
        ports: (document.ports ?? []).map((port, j) => this.#port(port ?? {}, scope.at("ports", j))),
        cause: this.#cause(scope),
      };
    });
  }
}

/** policyTypes by default: Ingress, and Egress where there is at least one egress rule (SetDefaults_NetworkPolicy). */
function typesOf(spec: NonNullable<NetworkPolicyDocument["spec"]>): NetworkPolicyModel["types"] {
  const written = spec.policyTypes ?? [];
  if (written.length === 0) return (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  return (["Ingress", "Egress"] as const).filter((type) => written.includes(type));
}

/** Mistakes that a schema cannot detect are reported to `scope` with the API server's messages and field paths. */
export function resolveNetworkPolicy(document: NetworkPolicyDocument, scope: Scope): NetworkPolicyModel {
  const { name } = document.metadata;
  const namespace = document.metadata.namespace ?? "default";
  const object = kindedName("NetworkPolicy", { namespace, name });
  const spec = document.spec ?? {};
  const reader = new PolicyReader(name, object, scope);
  if ((spec.policyTypes ?? []).length === 0 && spec.egress?.length === 0)
    scope
      .at("spec", "egress")
      .warn(
        `NetworkPolicy "${name}": spec.egress: an empty list without policyTypes does not isolate egress: everything may leave`,
        "to deny all egress write policyTypes: [Egress]",
      );
  return {
    kind: "NetworkPolicy",
    namespace,
    name,
    podSelector: labelSelector(spec.podSelector ?? {}),
    types: typesOf(spec),
    ingress: reader.rules(
      "ingress",
      "from",
      (spec.ingress ?? []).map((rule) => ({ peers: rule?.from, ports: rule?.ports })),
    ),
    egress: reader.rules(
      "egress",
      "to",
      (spec.egress ?? []).map((rule) => ({ peers: rule?.to, ports: rule?.ports })),
    ),
    cause: scope.at("metadata", "name").cause(object, "policy"),
  };
}
