/** Files that the agent shows to a namespace's processes: compared with what was written last. */
import type { FileResource } from "./definition.ts";
import { changed, ids, MISSING, SAME, type KindPlan } from "../kind.ts";

export const filePlan: KindPlan<FileResource> = {
  dependencies(file, index) {
    const home = ids(index.netns(file.ns));
    return { needs: home, diesWith: home };
  },
  compare(file, observed) {
    if (observed.state.applied[file.id] === undefined) return MISSING;
    return observed.state.changedFiles?.includes(file.id) === true ? changed(["its content was changed"]) : SAME;
  },
  replaces: () => false,
};
