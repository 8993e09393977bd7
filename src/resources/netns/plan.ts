/** Network namespaces: everything else lives in one. */
import type { NetnsResource } from "./definition.ts";
import { MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";

export const netnsPlan: KindPlan<NetnsResource> = {
  dependencies: () => ({ needs: [], diesWith: [] }),
  compare: ({ ns }, observed) => (observed.namespace(ns) === undefined ? MISSING : SAME),
  // Its name on the host contains the machine: a pod that moves gets a new namespace.
  replaces: (before, after) => before.node !== after.node,
};
