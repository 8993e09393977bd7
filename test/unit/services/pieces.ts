/** Texts as a connection delivers them: in pieces of any size. */
import fc from "fast-check";

/** Places at which a text may be cut. */
export const cuts = fc.array(fc.nat(400), { maxLength: 6 });

/** The text in pieces, cut at the given places. */
export function pieces(text: string, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((c) => c % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => Buffer.from(text.slice(at[i], end), "latin1"));
}
