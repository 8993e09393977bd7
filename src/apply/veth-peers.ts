/** Which veth ends belong together: by the indexes that the kernel shows, and by what the lab made where those are ambiguous. */
import { addTo } from "../append.ts";
import { devicesOf } from "../resources/definitions.ts";
import type { ObservedLink } from "../resources/observed.ts";
import type { Resource } from "../resources/resource.ts";
import type { ObservedNamespace } from "./observe-namespace.ts";

type KernelLink = ObservedNamespace["links"][number];

export interface ObservedLinks {
  readonly links: ObservedNamespace["links"];
}

type End = { readonly ns: string; readonly name: string };

/** Links with `peer` filled in where it lives in the lab; the kernel's numbers are left out. */
export function resolvePeers(
  namespaces: Readonly<Record<string, ObservedLinks>>,
  applied: Iterable<Resource>,
): Record<string, readonly ObservedLink[]> {
  const made = new Map<string, End>();
  for (const resource of applied)
    for (const device of devicesOf(resource)) if (device.peer !== undefined) made.set(key(device), device.peer);
  // Ends by their own index and their peer's: the other end of (i, j) is one of those at (j, i).
  const ends = new Map<string, End[]>();
  for (const [ns, { links }] of Object.entries(namespaces)) {
    for (const link of links) {
      if (link.kind !== "veth" || link.peerIndex === undefined) continue;
      addTo(ends, `${link.index} ${link.peerIndex}`, { ns, name: link.name });
    }
  }
  const peerOf = (end: End, { kind, index, peerIndex, peerNetnsId }: KernelLink): End | undefined => {
    if (kind !== "veth" || peerIndex === undefined) return undefined;
    const here = peerNetnsId === undefined;
    const candidates = (ends.get(`${peerIndex} ${index}`) ?? []).filter(
      (other) => (other.ns === end.ns) === here && key(other) !== key(end),
    );
    if (candidates.length === 1) return candidates[0];
    const ours = made.get(key(end));
    return candidates.find((other) => ours !== undefined && key(other) === key(ours));
  };
  const resolved: Record<string, readonly ObservedLink[]> = {};
  for (const [ns, { links }] of Object.entries(namespaces)) {
    resolved[ns] = links.map((link) => observedLink(link, peerOf({ ns, name: link.name }, link)));
  }
  return resolved;
}

/** Without the numbers that only the kernel understands. */
function observedLink(kernelLink: KernelLink, peer: End | undefined): ObservedLink {
  const { masterIndex: _master, peerIndex: _peer, peerNetnsId: _netns, linkLocal: _ipv6, ...link } = kernelLink;
  return peer === undefined ? link : { ...link, peer: { ns: peer.ns, name: peer.name } };
}

function key({ ns, name }: End): string {
  return `${ns} ${name}`;
}
