/** How a connection attempt can end. */

/** The outcomes are kept apart, never folded into "failed". `noname`: the name was not resolved. */
export const OUTCOMES = ["open", "refused", "reset", "timeout", "unreachable", "noname"] as const;

export type Outcome = (typeof OUTCOMES)[number];
