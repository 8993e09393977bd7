/** How namespaces and places are written for people: `node1/eth0`, `pod/client/eth0`, `pod/shop/web/eth0`. */

/** Lab-internal namespace → target text: `default/client` → `pod/client`, `shop/web` → `pod/shop/web`, `node1` → `node1`. */
export function formatNamespace(ns: string): string {
  if (!ns.includes("/")) return ns;
  return ns.startsWith("default/") ? `pod/${ns.slice("default/".length)}` : `pod/${ns}`;
}

export function formatPlace(ns: string, iface: string | undefined): string {
  return `${formatNamespace(ns)}/${iface ?? "any"}`;
}
