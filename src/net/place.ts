/** Places in a lab: a namespace, and for hostNetwork pods whose files; how they are written for people: `node1/eth0`, `pod/client/eth0`, `pod/shop/web/eth0`. */
import { objectText } from "./object-ref.ts";

export interface TargetPlace {
  readonly ns: string;
  /** `NAMESPACE/NAME` (in its cluster) of a hostNetwork pod: it has resolv.conf and hosts file of its own in its node's namespace. */
  readonly pod?: string | undefined;
}

/** A namespace of the lab as the protocol names it. */
export type NsName = string;

/**
 * Lab-internal namespace → target text: `default/client` → `pod/client`, `shop/web` → `pod/shop/web`, `west.default/client` →
 * `west.pod/client`, `west.node1` → `west.node1`.
 */
export function formatNamespace(ns: string): string {
  const slash = ns.indexOf("/");
  if (slash < 0) return ns;
  // The name of a namespace of Kubernetes has no dot.
  const dot = ns.lastIndexOf(".", slash);
  const cluster = dot < 0 ? undefined : ns.slice(0, dot);
  return objectText("pod", { cluster, namespace: ns.slice(dot + 1, slash), name: ns.slice(slash + 1) });
}

export function formatPlace(ns: string, iface: string | undefined): string {
  return `${formatNamespace(ns)}/${iface ?? "any"}`;
}
