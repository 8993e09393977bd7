/** VXLAN devices. The kernel changes none of the tunnel's own attributes safely on a live device: those mean a new one. */
import type { VxlanResource } from "./definition.ts";
import { changed, difference, ids, MISSING, wishedDifference, type KindPlan } from "../kind.ts";
import { deviceClaim, linkDifferences, linkNeeds } from "../link-settings.ts";

function tunnel({ vni, port, local, remote, dev, learn }: VxlanResource): string {
  return [vni, port, local ?? "", remote ?? "", dev ?? "", learn].join(" ");
}

export const vxlanPlan: KindPlan<VxlanResource> = {
  dependencies(vxlan, index) {
    const { netns, sysctls, master } = linkNeeds(index, vxlan.ns, vxlan);
    const lower = vxlan.dev === undefined ? [] : ids(index.device(vxlan.ns, vxlan.dev));
    return { needs: [...netns, ...sysctls, ...lower, ...master], diesWith: [...netns, ...lower], resetBy: master };
  },
  claims: (vxlan) => [
    deviceClaim(vxlan.ns, vxlan.name),
    `vni ${vxlan.ns} ${vxlan.vni} ${vxlan.port} ${vxlan.local?.includes(":") === true ? 6 : 4}`,
  ],
  compare(vxlan, observed) {
    const link = observed.namespace(vxlan.ns)?.links.get(vxlan.name);
    if (link === undefined) return MISSING;
    const actual = link.vxlan;
    if (link.kind !== "vxlan" || actual === undefined)
      return changed([`${vxlan.name} is a ${link.kind}, should be a vxlan`], true);
    const fixed = [
      ...difference("vni", actual.vni, vxlan.vni),
      ...difference("port", actual.port, vxlan.port),
      ...wishedDifference("local", actual.local, vxlan.local),
      ...difference("remote", actual.remote, vxlan.remote),
      ...wishedDifference("dev", actual.dev, vxlan.dev),
      ...difference("learning", actual.learn, vxlan.learn),
    ].map((text) => `${vxlan.name}: ${text}`);
    return fixed.length > 0 ? changed(fixed, true) : changed(linkDifferences(vxlan.name, vxlan, link));
  },
  replaces: (before, after) => tunnel(before) !== tunnel(after),
};
