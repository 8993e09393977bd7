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

/** Two owners ask for one bit of the mark, or there is none left. */
export class MarkError extends Error {
  override readonly name = "MarkError";
}

function claimText({ owner, bits, use }: MarkClaim): string {
  return `${owner} (${markText(bits)}: ${use})`;
}

/**
 * Hands out the 32 bits of the packet mark. Bits that are known beforehand (kube-proxy's 0x4000) are claimed; those that only have to
 * be free are handed out from the lowest, as Felix does within its mask (felix/markbits of projectcalico/calico).
 */
export class MarkAllocator {
  readonly #claims: MarkClaim[] = [];

  /** Bits of one owner may overlap. Throws MarkError where another owner has one of them. */
  claim(claim: MarkClaim): MarkClaim {
    const other = this.#claims.find(({ owner, bits }) => owner !== claim.owner && (bits & claim.bits) !== 0);
    if (other !== undefined) throw new MarkError(`packet marks collide: ${claimText(other)} and ${claimText(claim)}`);
    this.#claims.push(claim);
    return claim;
  }

  /** The lowest free bits within a mask; throws MarkError where there are too few. */
  next(owner: string, use: string, count = 1, mask = 0xffffffff): MarkClaim {
    const taken = this.#claims.reduce((all, claim) => all | claim.bits, 0);
    const free = Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (mask & ~taken & bit) !== 0);
    if (free.length < count) {
      const others = this.#claims.map(claimText).join(", ");
      throw new MarkError(`the packet mark has too few free bits for ${owner} (${use}); taken: ${others}`);
    }
    const bits = free.slice(0, count).reduce((all, bit) => (all | bit) >>> 0, 0);
    return this.claim({ owner, bits, use });
  }
}
