/** Faults drawn at random for `chaos`: the same seed gives the same sequence for the same lab. */
import type { FaultDocument } from "./schema.ts";
import type { Drawn } from "./kind.ts";
import { randomOf } from "../net/seeded-random.ts";
import { FAULT_KINDS } from "./registry.ts";

/** A name of spec.faults, or a fault of a kind at a place. */
export type DrawnFault = string | FaultDocument;

/**
 * What may be drawn from: faults that the lab file names, and kinds at places (`kinds`: only these). Endless; undefined where there is
 * nothing to draw from.
 */
export function* drawFaults(
  seed: number,
  from: {
    readonly named: readonly string[];
    readonly places: readonly Omit<Drawn, "random">[];
    readonly kinds?: readonly string[] | undefined;
  },
): Generator<DrawnFault> {
  const random = randomOf(seed);
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const kinds = FAULT_KINDS.filter(
    ({ kind, draw }) => draw !== undefined && (from.kinds === undefined || from.kinds.includes(kind)),
  );
  const named = from.kinds === undefined ? from.named : from.named.filter((name) => from.kinds?.includes(name));
  // A lab of which no place fits a kind ends here.
  for (let misses = 0; misses < 1000;) {
    const drawn = named.length > 0 && random() < 0.3 ? pick(named) : drawOne();
    if (drawn === undefined) misses++;
    else {
      misses = 0;
      yield drawn;
    }
  }

  function drawOne(): FaultDocument | undefined {
    const kind = pick(kinds);
    const place = pick(from.places);
    const said = kind === undefined || place === undefined ? undefined : kind.draw?.({ ...place, random });
    return kind === undefined || said === undefined ? undefined : { [kind.kind]: said };
  }
}
