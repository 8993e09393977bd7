/** Impairments as text. */
import type { Netem } from "./definition.ts";

const SHARES = ["loss", "corrupt", "duplicate", "reorder"] as const;

/** `delay 20 ms ± 5 ms, loss 10 %`. */
export function describeNetem({ delay, jitter, ...rest }: Omit<Netem, "limit" | "seed">): string {
  const shares = SHARES.flatMap((word) => (rest[word] === 0 ? [] : [`${word} ${rest[word]} %`]));
  const late = delay + jitter === 0 ? [] : [`delay ${delay} ms${jitter === 0 ? "" : ` ± ${jitter} ms`}`];
  return [...late, ...shares].join(", ");
}
