/** Routes that a lab file itself gives to namespaces. */
import { specsOf, type Topology } from "../fabric/topology.ts";
import { parseAddress, parsePrefix, prefixContains } from "../net/address.ts";

/** Next hops towards an address in these namespaces, those of the longest prefix first. Undefined: on the link itself. */
export function staticRoutes(
  { nodes }: Topology,
  namespaces: readonly string[],
  to: string,
): readonly (string | undefined)[] {
  const address = parseAddress(to);
  return nodes
    .filter(({ name }) => namespaces.includes(name))
    .flatMap((node) => specsOf(node, "route"))
    .flatMap(({ to: text, via }) => {
      const prefix = parsePrefix(text);
      const inside = address !== undefined && prefix !== undefined && prefixContains(prefix, address);
      return inside ? [{ length: prefix.length, via }] : [];
    })
    .toSorted((a, b) => b.length - a.length)
    .map(({ via }) => via);
}
