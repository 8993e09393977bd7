/** What the agent's own helper locks the lab for: other commands wait for it instead of being refused. */
export const RECONCILE = "reconcile";
