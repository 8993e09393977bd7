/**
 * Bits of the packet mark (skb->mark) that participants of a cluster use. Code that writes or matches a mark claims
 * its bits here: two owners of one bit would act on each other's packets.
 */
export interface MarkClaim {
  readonly owner: string;
  /** Mask within 32 bits. */
  readonly bits: number;
  readonly use: string;
}

/** `0x4000/0x4000`: the mark and its mask, in the form of iptables. */
export function markMatch({ bits }: MarkClaim): string {
  return `${markText(bits)}/${markText(bits)}`;
}

export function markText(bits: number): string {
  return `0x${bits.toString(16)}`;
}

/** The first two claims of different owners that share a bit. */
export function markCollision(claims: readonly MarkClaim[]): readonly [MarkClaim, MarkClaim] | undefined {
  for (const [i, claim] of claims.entries()) {
    const other = claims.slice(0, i).find(({ owner, bits }) => owner !== claim.owner && (bits & claim.bits) !== 0);
    if (other !== undefined) return [other, claim];
  }
  return undefined;
}
