/** A namespace under construction. */
import { addTo, append } from "../append.ts";
import type { Cause } from "../cause.ts";
import type { TopologyIptables } from "./topology-rule.ts";
import { KIND_ORDER } from "../resources/definitions.ts";
import type { ResourceKind } from "../resources/resource.ts";
import type { Bridge, Device, Vxlan } from "./device.ts";
import { bridgeSpecs, dummySpecs, onDevice, settingsOf, vxlanSpecs } from "./device.ts";
import type { RuleOwner } from "../resources/rule-owners.ts";
import type { DeviceSettings, Spec, TopologyNode } from "./topology.ts";

type Defaulted<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** A built-in server, before it knows in which namespace it is. */
export type ServerWords = Omit<Spec<"server">, "kind" | "hostname" | "podNamespace">;

export class NodeDraft {
  readonly name: string;
  readonly role: TopologyNode["role"];
  readonly node: string;
  readonly pod: TopologyNode["pod"];
  readonly cause: Cause;
  /** What the machine must have for it. */
  requires: TopologyNode["requires"];
  readonly #settings: DeviceSettings[] = [];
  readonly #iptables: Partial<Record<RuleOwner, TopologyIptables[]>> = {};
  readonly #specs = new Map<ResourceKind, Spec[]>();

  constructor(name: string, role: TopologyNode["role"], cause: Cause, node = name, pod?: TopologyNode["pod"]) {
    this.name = name;
    this.role = role;
    this.node = node;
    this.pod = pod;
    this.cause = cause;
  }

  add(...specs: readonly Spec[]): void {
    this.addAll(specs);
  }

  addAll(specs: readonly Spec[]): void {
    for (const spec of specs) addTo(this.#specs, spec.kind, spec);
  }

  /** What it has of a kind. */
  of<K extends ResourceKind>(kind: K): readonly Spec<K>[] {
    return (this.#specs.get(kind) ?? []) as Spec<K>[];
  }

  /** Takes away what does not fulfil the condition. */
  keep<K extends ResourceKind>(kind: K, condition: (spec: Spec<K>) => boolean): void {
    this.#specs.set(kind, this.of(kind).filter(condition));
  }

  /** Settings, addresses and rate of an end of a link. */
  addInterface(device: Defaulted<Device, "addresses">): void {
    const whole = { addresses: [], ...device };
    this.#settings.push(settingsOf(whole));
    this.addAll(onDevice(whole));
  }

  addBridge(bridge: Defaulted<Bridge, "addresses" | "stp">): void {
    this.addAll(bridgeSpecs({ addresses: [], stp: false, ...bridge }));
  }

  addVxlan(vxlan: Defaulted<Vxlan, "addresses" | "remotes">): void {
    this.addAll(vxlanSpecs({ addresses: [], remotes: [], ...vxlan }));
  }

  addDummy(dummy: Defaulted<Device, "addresses">): void {
    this.addAll(dummySpecs({ addresses: [], ...dummy }));
  }

  addServer(server: ServerWords): void {
    this.add({ kind: "server", ...serverName(this), ...server });
  }

  /** Sets what has not been set yet. */
  addSysctlOnce(sysctl: Spec<"sysctl">): void {
    if (!this.of("sysctl").some(({ key }) => key === sysctl.key)) this.add(sysctl);
  }

  /** Where they stand among those of others, RULE_OWNERS and their `position` say. */
  addRules(owner: RuleOwner, lines: readonly TopologyIptables[]): void {
    append((this.#iptables[owner] ??= []), lines);
  }

  rulesOf(owner: RuleOwner): readonly TopologyIptables[] {
    return this.#iptables[owner] ?? [];
  }

  /** As it is now. */
  finish(): TopologyNode {
    const { name, role, node, pod, requires, cause } = this;
    const resources = KIND_ORDER.flatMap((kind) => this.#specs.get(kind) ?? []);
    return {
      name,
      role,
      node,
      pod,
      requires,
      settings: [...this.#settings],
      iptables: this.#iptables,
      resources,
      cause,
    };
  }
}

/** What its servers answer with. */
export function serverName({
  name,
  pod,
}: Pick<TopologyNode, "name" | "pod">): Pick<Spec<"server">, "hostname" | "podNamespace"> {
  return { hostname: pod?.name ?? name, podNamespace: pod?.namespace };
}
