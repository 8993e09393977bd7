/** Rules of Kubernetes' policies as Felix has them: one per protocol and peer, as Calico's clients convert them. */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import { policyKey } from "../../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyObject } from "../../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyPeer, PolicyRule } from "../../../kube/network-policy/network-policy.ts";
import { PolicySets } from "../../policy/policy-sets.ts";
import type { PolicyWorld } from "../../policy/policy-world.ts";
import type { Direction, RuleAction } from "../../policy/tiers.ts";
import type { FelixEnd, FelixPolicyRule } from "./felix/policy-rules.ts";
import { namedPortId, peerText, selectorId } from "./selector-text.ts";
import type { IdentifiedSet } from "./set-ids.ts";

const PROTOCOLS = ["SCTP", "TCP", "UDP"] as const;
type Protocol = (typeof PROTOCOLS)[number];
type SetPeer = Exclude<PolicyPeer, { kind: "domainNames" }>;

/** Undefined: any. A port without number or name means all of its protocol. */
function protocolsOf({ ports }: PolicyRule): readonly (Protocol | undefined)[] {
  if (ports.length === 0) return [undefined];
  return PROTOCOLS.filter((one) => ports.some(({ protocol }) => protocol === undefined || protocol === one));
}

export class KubeRules {
  readonly #sets: PolicySets;
  /** Felix' ids by the names of sets. */
  readonly #ids = new Map<string, string>();

  constructor(world: PolicyWorld) {
    this.#sets = new PolicySets(world);
  }

  /** Those that the rules of rules() need. */
  get sets(): readonly IdentifiedSet[] {
    return this.#sets.all.flatMap((set) => {
      const id = this.#ids.get(set.name);
      return id === undefined ? [] : [{ ...set, id }];
    });
  }

  rules(policy: PolicyObject, direction: Direction): readonly FelixPolicyRule[] {
    const rules: readonly (PolicyRule & { readonly action?: RuleAction })[] = policy[direction];
    return rules.flatMap((one, i) =>
      protocolsOf(one).flatMap((protocol) => {
        const peers: readonly (PolicyPeer | undefined)[] = one.peers.length === 0 ? [undefined] : one.peers;
        return peers.flatMap((peer) => this.#rule(policy, direction, one, i + 1, protocol, peer) ?? []);
      }),
    );
  }

  #rule(
    policy: PolicyObject,
    direction: Direction,
    { ports, action = "allow", cause }: PolicyRule & { readonly action?: RuleAction },
    number: number,
    protocol: Protocol | undefined,
    peer: PolicyPeer | undefined,
  ): FelixPolicyRule | undefined {
    if (peer?.kind === "domainNames") return undefined;
    const namespace = policy.kind === "NetworkPolicy" ? policy.namespace : "";
    const own = ports.filter((port) => protocol !== undefined && (port.protocol ?? protocol) === protocol);
    const isWhole = own.some(({ port }) => port === undefined);
    const numbers = own.flatMap(({ port, endPort }) =>
      typeof port === "number" ? [{ first: port, last: endPort ?? port }] : [],
    );
    const names = own.flatMap((one) => (typeof one.port === "string" ? [{ name: one.port, cause: one.cause }] : []));
    const served = isWhole
      ? {}
      : {
          ports: numbers,
          namedPorts: names.map((one) =>
            this.#named(direction === "egress" ? peer : undefined, namespace, one.name, protocol ?? "TCP", one.cause),
          ),
        };
    const far = peer === undefined ? {} : this.#end(peer, namespace);
    const [source, destination] = direction === "ingress" ? [far, served] : [{}, { ...far, ...served }];
    return {
      action,
      protocol: protocol?.toLowerCase(),
      source,
      destination,
      cause: because((peer ?? { cause }).cause, `${policyKey(policy)} ${direction} rule ${number}`),
    };
  }

  #end(peer: SetPeer, namespace: string): FelixEnd {
    if (peer.kind === "ipBlock") return { nets: [peer.cidr], not: { nets: peer.except } };
    const id = selectorId(peerText(peer, namespace));
    this.#ids.set(this.#sets.peer(peer, namespace), id);
    return { sets: [id] };
  }

  #named(peer: SetPeer | undefined, namespace: string, port: string, protocol: Protocol, cause: Cause): string {
    const isBlock = peer?.kind === "ipBlock";
    const selector = peer === undefined || isBlock ? "all()" : peerText(peer, namespace);
    const id = namedPortId(selector, protocol.toLowerCase(), port);
    this.#ids.set(this.#sets.endpoints(isBlock ? undefined : peer, namespace, port, protocol, cause), id);
    return id;
  }
}
