/** What happens to each packet: when it leaves, how often, changed or not. Pure: the seed decides. */
import type { Netem } from "../../resources/netem/definition.ts";

/** A copy of a packet. */
export interface Copy {
  /** Milliseconds after it came. */
  readonly after: number;
  /** From 0 to 1, where the bit is that is changed. */
  readonly corruptAt?: number;
}

/** `random`: from 0 to 1. In the order in which netem decides (sch_netem.c, netem_enqueue()): a duplicate is enqueued again, and may be lost. */
export function impair(
  { delay, jitter, loss, corrupt, duplicate, reorder }: Omit<Netem, "limit">,
  random: () => number,
): readonly Copy[] {
  const isHit = (percent: number): boolean => percent > 0 && random() * 100 < percent;
  const wanted = (isHit(duplicate) ? 2 : 1) - (isHit(loss) ? 1 : 0);
  const copies = wanted === 2 && isHit(loss) ? 1 : wanted;
  return Array.from({ length: copies }, (): Copy => {
    const isEarly = isHit(reorder);
    const after = isEarly ? 0 : Math.max(0, delay + (jitter === 0 ? 0 : (random() * 2 - 1) * jitter));
    return isHit(corrupt) ? { after, corruptAt: random() } : { after };
  });
}

/** One bit of it is the other one, behind its MAC addresses. */
export function corrupted(frame: Uint8Array, where: number): Uint8Array {
  const MACS = 12;
  const changed = new Uint8Array(frame);
  const bit = Math.floor(where * (frame.length - MACS) * 8);
  const at = MACS + (bit >> 3);
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
  return changed;
}
