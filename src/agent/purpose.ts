/** What the agent's own helper locks the lab for: whoever wants the lab waits for it instead of being refused. */
export const RECONCILE = "reconcile";
