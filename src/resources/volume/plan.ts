/** Volumes of pods: files that come from objects are compared with what was written last, what programs write to a folder belongs to them. */
import { changed, ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import type { VolumeResource } from "./definition.ts";

function nature({ files, tmpfs }: VolumeResource): string {
  return JSON.stringify([files === undefined, tmpfs]);
}

export const volumePlan: KindPlan<VolumeResource> = {
  dependencies(volume, index) {
    const home = ids(index.netns(volume.ns));
    return { needs: home, diesWith: home };
  },
  compare(volume, { state }) {
    if (state.applied[volume.id] === undefined) return MISSING;
    if (state.changedFiles?.includes(volume.id) !== true) return SAME;
    return volume.files === undefined
      ? { ...MISSING, reason: "its folder is gone" }
      : changed(["its files were changed"]);
  },
  // Files come and go in a folder that is mounted.
  replaces: (before, after) => nature(before) !== nature(after),
};
