/** Places in a lab: a namespace, and for hostNetwork pods whose files; how they are written for people: `node1/eth0`, `pod/client/eth0`, `pod/shop/web/eth0`. */

export interface TargetPlace {
  readonly ns: string;
  /** `NAMESPACE/NAME` of a hostNetwork pod: it has resolv.conf and hosts file of its own in its node's namespace. */
  readonly pod?: string | undefined;
}

/** A namespace of the lab as the protocol names it. */
export type NsName = string;

/** Lab-internal namespace → target text: `default/client` → `pod/client`, `shop/web` → `pod/shop/web`, `node1` → `node1`. */
export function formatNamespace(ns: string): string {
  if (!ns.includes("/")) return ns;
  return ns.startsWith("default/") ? `pod/${ns.slice("default/".length)}` : `pod/${ns}`;
}

export function formatPlace(ns: string, iface: string | undefined): string {
  return `${formatNamespace(ns)}/${iface ?? "any"}`;
}
