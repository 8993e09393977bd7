/** Rules of Calico's own policies as Felix has them: sets in place of selectors, names of ports and Services (felix/calc/rule_scanner.go). */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { CalicoEnd, CalicoPolicyModel, CalicoRule, IcmpMatch } from "../../../kube/calico/calico-policy.ts";
import { protocolNumber } from "../../../kube/calico/calico-policy.ts";
import { normalSelector, setSelectors } from "../../../kube/calico/selector-text.ts";
import { policyKey } from "../../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { Prefix } from "../../../net/address.ts";
import { FAMILIES } from "../../../net/families.ts";
import type { Family, PerFamily } from "../../../net/family.ts";
import { selectedEndpoints } from "../../policy/endpoint-labels.ts";
import type { PolicyWorld } from "../../policy/policy-world.ts";
import { prefixEntry, splitWhole } from "../../policy/prefixes.ts";
import type { Direction } from "../../policy/tiers.ts";
import type { FelixEnd, FelixPolicyRule } from "./felix/policy-rules.ts";
import { namedPortId, selectorId } from "./selector-text.ts";
import { serviceSetId } from "./set-ids.ts";
import type { IdentifiedSet } from "./set-ids.ts";

/** Protocols that sets of ports know. */
const PORTED: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp" };

const byFamily = (entries: readonly (readonly [Family, string])[]): PerFamily<readonly string[]> =>
  Object.fromEntries(
    FAMILIES.map((family) => [
      family,
      [...new Set(entries.filter(([own]) => own === family).map(([, text]) => text))].toSorted(),
    ]),
  );

const prefixEntries = (nets: readonly Prefix[]): readonly (readonly [Family, string])[] =>
  splitWhole(nets).map((net) => [net.family, prefixEntry(net)] as const);

export class CalicoRules {
  readonly #world: PolicyWorld;
  readonly #sets = new Map<string, IdentifiedSet>();

  constructor(world: PolicyWorld) {
    this.#world = world;
  }

  /** Those that the rules of rules() need. */
  get sets(): readonly IdentifiedSet[] {
    return [...this.#sets.values()];
  }

  rules(policy: CalicoPolicyModel, direction: Direction): readonly FelixPolicyRule[] {
    return policy[direction].map((one, i) => ({
      action: one.action,
      ipVersion: one.ipVersion ?? versionOf(one),
      protocol: one.protocol,
      notProtocol: one.notProtocol,
      source: this.#end(one.source, one, "source"),
      destination: this.#end(one.destination, one, "destination"),
      icmp: icmpOf(one.icmp),
      notIcmp: icmpOf(one.notIcmp),
      cause: because(one.cause, `${policyKey(policy)} ${direction} rule ${i + 1}`),
    }));
  }

  #end(end: CalicoEnd, { protocol, cause }: CalicoRule, side: "source" | "destination"): FelixEnd {
    const { positive, negative } = setSelectors(end);
    const split = (list: CalicoEnd["ports"]) => {
      const ports = list.filter((port) => typeof port === "object");
      const names = list.filter((port) => typeof port === "string");
      return { ports, namedPorts: names.map((name) => this.#named(positive ?? "all()", name, protocol, cause)) };
    };
    const own = split(end.ports);
    // Names of ports are looked up among what the selector selects.
    const isCovered = own.ports.length === 0 && own.namedPorts.length > 0;
    const { service } = end;
    return {
      nets: end.nets,
      sets: [
        ...(positive === undefined || isCovered ? [] : [this.#selected(positive, cause)]),
        ...(service === undefined || side === "destination" ? [] : [this.#served(service, false, cause)]),
      ],
      ...own,
      services: service === undefined || side === "source" ? [] : [this.#served(service, true, cause)],
      not: {
        nets: end.notNets,
        sets: negative === undefined ? [] : [this.#selected(negative, cause)],
        ...split(end.notPorts),
      },
    };
  }

  #selected(selector: string, cause: Cause): string {
    const text = normalSelector(selector);
    return this.#add(selectorId(text), "networks", `endpoints ${text}`, cause, () =>
      prefixEntries(selectedEndpoints(this.#world, text).flatMap(({ nets }) => nets)),
    );
  }

  #named(selector: string, port: string, protocol: CalicoRule["protocol"], cause: Cause): string {
    const text = normalSelector(selector);
    const number = protocol === undefined ? undefined : protocolNumber(protocol);
    const name = number === undefined ? "any" : (PORTED[number] ?? "none");
    return this.#add(namedPortId(text, name, port), "endpoints", `port ${port}/${name} of ${text}`, cause, () =>
      selectedEndpoints(this.#world, text).flatMap(({ nets, ports }) =>
        ports
          .filter((one) => one.name === port && (name === "any" || one.protocol === name))
          .flatMap((one) =>
            prefixEntries(nets).map(([family, net]) => [family, `${net},${one.protocol}:${one.port}`] as const),
          ),
      ),
    );
  }

  #served(service: NonNullable<CalicoEnd["service"]>, ported: boolean, cause: Cause): string {
    const key = `${service.namespace}/${service.name}`;
    const kind = ported ? "endpoints" : "networks";
    return this.#add(serviceSetId(service, ported), kind, `what serves Service ${key}`, cause, () =>
      (this.#world.serviceEndpoints?.get(key) ?? []).map(({ address, protocol, port }) => [
        address.includes(":") ? "ipv6" : "ipv4",
        ported ? `${address},${protocol.toLowerCase()}:${port}` : address,
      ]),
    );
  }

  #add(
    id: string,
    kind: IdentifiedSet["kind"],
    text: string,
    cause: Cause,
    entries: () => readonly (readonly [Family, string])[],
  ): string {
    if (!this.#sets.has(id)) this.#sets.set(id, { id, kind, entries: byFamily(entries()), text, cause });
    return id;
  }
}

function icmpOf(icmp: IcmpMatch | undefined): FelixPolicyRule["icmp"] {
  return icmp?.type === undefined ? undefined : { type: icmp.type, code: icmp.code };
}

/** A match of ICMP's type is of one version. */
function versionOf({ protocol, icmp, notIcmp }: CalicoRule): 4 | 6 | undefined {
  if ((icmp ?? notIcmp) === undefined || protocol === undefined) return undefined;
  return protocolNumber(protocol) === 58 ? 6 : 4;
}
