/** The text about a denied packet, in the rules' comments and in the log: the pod, the direction, and what denied it. */
import type { FenceTier, PodFence, PolicyMatch } from "./fence.ts";

/** A rule that denies, or the end of a tier that isolates. */
export type Denying = { readonly match: PolicyMatch } | { readonly tier: FenceTier };

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}~`;
}

/** `x/a ingress denied: isolated by x/p1, x/p2`. resources/policy-names.ts reads it. */
export function denyComment({ pod, direction }: PodFence, by: Denying, length: number): string {
  const who = "match" in by ? `rule ${by.match.by}` : `isolated by ${by.tier.policies.join(", ")}`;
  return cut(`${pod} ${direction} denied: ${who}`, length);
}

/** At most 63 characters: `ingress x/a by x/p1`. The kernel keeps 64 with the terminating zero. */
export function denyPrefix({ pod, direction }: PodFence, by: Denying): string {
  return cut(`${direction} ${pod} by ${"match" in by ? by.match.by : by.tier.policies.join(",")}`, 63);
}

/** At most 63 characters: `logged ingress x/a by x/p1`; not a denial. */
export function logPrefix({ pod, direction }: PodFence, { by }: PolicyMatch): string {
  return cut(`logged ${direction} ${pod} by ${by}`, 63);
}

/** What is matched, as a comment of limited length. */
export function matchComment(text: string, length: number): string {
  return cut(text, length);
}
