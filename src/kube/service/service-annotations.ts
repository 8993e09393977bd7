/** What Services request from a load balancer by annotations. */
import type { ServiceDocument } from "./schema.ts";
import type { Scope } from "../../syntax/scope.ts";

/** Annotations of Services that request addresses of a load balancer, separated by commas: MetalLB, Cilium's LB IPAM, kube-vip. */
export const ADDRESS_ANNOTATIONS: readonly string[] = [
  "metallb.io/loadBalancerIPs",
  "metallb.universe.tf/loadBalancerIPs",
  "lbipam.cilium.io/ips",
  "io.cilium/lb-ipam-ips",
  "kube-vip.io/loadbalancerIPs",
];

/** Services with the same value here may have one address (MetalLB: usage/#ip-address-sharing). */
export const SHARING_ANNOTATIONS: readonly string[] = [
  "metallb.io/allow-shared-ip",
  "metallb.universe.tf/allow-shared-ip",
  "lbipam.cilium.io/sharing-key",
];

/** The IPAddressPool that a Service wants its address from (MetalLB). */
export const POOL_ANNOTATIONS = ["metallb.io/address-pool", "metallb.universe.tf/address-pool"] as const;

/** MetalLB's controller writes it: the pool that the address is from. */
export const ALLOCATED_ANNOTATIONS = [
  "metallb.io/ip-allocated-from-pool",
  "metallb.universe.tf/ip-allocated-from-pool",
] as const;

/** The addresses that a Service requests: its loadBalancerIP, else those of an annotation. */
export function askedAddresses(
  { metadata, spec }: ServiceDocument,
  scope: Scope,
): readonly { readonly text: string; readonly at: Scope }[] {
  const own = spec.loadBalancerIP ?? "";
  if (own !== "") return [{ text: own, at: scope.at("spec", "loadBalancerIP") }];
  const key = ADDRESS_ANNOTATIONS.find((one) => (metadata.annotations?.[one] ?? "").trim() !== "");
  if (key === undefined) return [];
  const at = scope.at("metadata", "annotations", key);
  return (metadata.annotations?.[key] ?? "").split(",").map((text) => ({ text: text.trim(), at }));
}

export function sharingKey({ metadata }: ServiceDocument): string | undefined {
  return SHARING_ANNOTATIONS.map((one) => metadata.annotations?.[one]).find((value) => (value ?? "") !== "");
}
