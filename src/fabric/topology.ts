/**
 * What namespaces are made of, before it is resources: lab files say it directly (`spec.topology`), the cluster layer adds to
 * it. Nearly all of it is resources that lack only their namespace; what is not, hangs together with what others say of it:
 * settings of devices, and rules of iptables.
 */
import type { Cause } from "../cause.ts";
import type { DeviceFacts } from "../resources/definition.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import type { ResourceBase, ResourceKind, ResourceOf } from "../resources/resource.ts";
import type { ObjectRef } from "../net/object-ref.ts";
import type { OwnedRules } from "./rule-order.ts";

/** A resource that has not got its namespace yet. */
export type Spec<K extends ResourceKind = ResourceKind> = K extends ResourceKind
  ? { readonly kind: K; readonly cause: Cause } & Omit<ResourceOf<K>, keyof ResourceBase | "kind">
  : never;

export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
}

export interface TopologyNode {
  /** Lab-internal namespace name (see resources/resource.ts). */
  readonly name: string;
  readonly role: NetnsResource["role"];
  /** Machine it lives on; itself unless it is a pod. */
  readonly node: string;
  readonly pod?: ObjectRef | undefined;
  readonly requires?: NetnsResource["requires"];
  /** Settings of ends of links, of `lo`, and of devices that others make, by name. Later ones override. */
  readonly settings: readonly DeviceSettings[];
  /** Own chains that must exist, rules and policies, in order. */
  readonly iptables: OwnedRules;
  /** The last one with the same id counts. */
  readonly resources: readonly Spec[];
  readonly cause: Cause;
}

/** What is not said stays as it is, or is the default. */
export interface DeviceSettings extends Partial<LinkSettings> {
  readonly name: string;
}

/** A veth pair between two namespaces (or within one). */
export interface TopologyLink {
  readonly endpoints: readonly [TopologyEndpoint, TopologyEndpoint];
  readonly mtu?: number | undefined;
  readonly cause: Cause;
}

export interface TopologyEndpoint {
  /** Lab-internal namespace. */
  readonly node: string;
  readonly interface: string;
}

/** Resources of one kind. */
export function specsOf<K extends ResourceKind>({ resources }: Pick<TopologyNode, "resources">, kind: K): Spec<K>[] {
  return resources.filter((spec): spec is Spec<K> => spec.kind === kind);
}

/** The device that it makes, if it makes one. */
export function deviceOf(spec: Spec): DeviceFacts | undefined {
  return definitionOf(spec).devices?.({ ...spec, ns: "", node: "", id: "" })[0];
}
