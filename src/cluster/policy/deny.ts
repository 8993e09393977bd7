/** What is said of a denied packet, in the rules' comments and in the log: the pod, the direction, and who isolated it. */
import type { PodFence } from "./fence.ts";

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}~`;
}

/** `x/a ingress denied: isolated by x/p1, x/p2`. */
export function denyComment(fence: PodFence, length: number): string {
  return cut(`${fence.pod} ${fence.direction} denied: isolated by ${fence.policies.join(", ")}`, length);
}

/** At most 63 characters: `ingress x/a by x/p1`. The kernel keeps 64 with the terminating zero. */
export function denyPrefix(fence: PodFence): string {
  return cut(`${fence.direction} ${fence.pod} by ${fence.policies.join(",")}`, 63);
}

/** What allows, as a comment of limited length. */
export function allowComment(text: string, length: number): string {
  return cut(text, length);
}
