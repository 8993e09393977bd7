/** Files that the agent shows to a namespace's processes: known by what was written last. */
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const fileKind: KindPlan<"file"> = {
  dependencies(file, index) {
    const home = ids(index.netns(file.ns));
    return { needs: home, diesWith: home };
  },
  compare: (file, observed) => (observed.state.applied[file.id] === undefined ? MISSING : SAME),
  replaces: () => false,
};
