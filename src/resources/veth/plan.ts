/** Veth pairs: made as one, both ends in their namespaces. */
import type { VethResource } from "./definition.ts";
import type { PlacedDifference } from "../definition.ts";
import { changed, ids, MISSING, type KindPlan } from "../kind.ts";
import { anotherDevice, deviceClaim, linkDifferences, linkNeeds } from "../link-settings.ts";
import type { ObservedIndex } from "../observed-index.ts";

/** At each end, `foreign` devices in its place included. */
export function vethDifferences(veth: VethResource, observed: ObservedIndex): readonly PlacedDifference[] {
  return [veth, veth.peer].flatMap((end) => {
    const { ns, name } = end;
    const namespace = observed.namespace(ns);
    if (namespace === undefined) return [];
    const link = namespace.links.get(name);
    if (link === undefined) return [{ ns, text: `device ${name} is missing` }];
    const texts = linkDifferences(name, end, link);
    const isOther = link.foreign === true && (link.kind !== "veth" || texts.length > 0);
    return (isOther ? [anotherDevice(name)] : texts).map((text) => ({ ns, text }));
  });
}

export const vethPlan: KindPlan<VethResource> = {
  dependencies(veth, index) {
    const a = linkNeeds(index, veth.ns, veth);
    const b = linkNeeds(index, veth.peer.ns, veth.peer);
    const netns = ids(...new Set([...a.netns, ...b.netns]));
    const master = [...a.master, ...b.master];
    return {
      needs: [...netns, ...new Set([...a.sysctls, ...b.sysctls]), ...new Set(master)],
      diesWith: netns,
      resetBy: master,
    };
  },
  claims: (veth) => [deviceClaim(veth.ns, veth.name), deviceClaim(veth.peer.ns, veth.peer.name)],
  compare(veth, observed) {
    const near = observed.namespace(veth.ns)?.links.get(veth.name);
    const far = observed.namespace(veth.peer.ns)?.links.get(veth.peer.name);
    if (near === undefined && far === undefined) return MISSING;
    const broken = [
      ...(near === undefined
        ? [`${veth.name} is not in ${veth.ns}`]
        : near.kind === "veth"
          ? []
          : [`${veth.name} is a ${near.kind}`]),
      ...(far === undefined
        ? [`${veth.peer.name} is not in ${veth.peer.ns}`]
        : far.kind === "veth"
          ? []
          : [`${veth.peer.name} is a ${far.kind}`]),
    ];
    if (near === undefined || far === undefined || broken.length > 0) return changed(broken, true);
    const { peer } = near;
    if (peer !== undefined && (peer.ns !== veth.peer.ns || peer.name !== veth.peer.name))
      return changed([`peer is ${peer.ns}/${peer.name}, should be ${veth.peer.ns}/${veth.peer.name}`], true);
    return changed([...linkDifferences(veth.name, veth, near), ...linkDifferences(veth.peer.name, veth.peer, far)]);
  },
  replaces: (before, after) =>
    before.name !== after.name ||
    before.peer.ns !== after.peer.ns ||
    before.peer.name !== after.peer.name ||
    before.node !== after.node ||
    before.peer.node !== after.peer.node,
  present(applied, observed) {
    const { peer, ns, node, name, mac, mtu, master, bonded, hairpin, isolated, learning, up } = applied;
    const there = (place: string, device: string): boolean => observed.namespace(place)?.links.has(device) === true;
    if (there(ns, name) || !there(peer.ns, peer.name)) return applied;
    // Only the other end is left: it is from there that the pair is removed.
    return { ...applied, ...peer, peer: { ns, node, name, mac, mtu, master, bonded, hairpin, isolated, learning, up } };
  },
};
