/** What is known of host endpoints besides their schema. */

/** The profile of automatic host endpoints: it allows what policies leave open. */
export const ALLOW_PROFILE = "projectcalico-default-allow";
