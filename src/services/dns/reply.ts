/** A DNS server's answer to one question, before it is encoded. */
import type { StringAnswer, SrvAnswer, SoaAnswer, TxtAnswer } from "dns-packet";

export type DnsRecord = StringAnswer | SrvAnswer | SoaAnswer | TxtAnswer;

export interface DnsAsked {
  /** As asked, without the last dot; the root is the empty string. */
  readonly name: string;
  /** `A`, `SRV`, `UNKNOWN_65`. */
  readonly type: string;
}

export interface DnsReply {
  readonly rcode: "NOERROR" | "SERVFAIL" | "NXDOMAIN" | "REFUSED";
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** Looks a name up where no zone of the server is responsible; undefined: no answer. */
export type ExternalLookup = (asked: DnsAsked) => Promise<readonly DnsRecord[] | undefined>;

/** Where a name belongs: `name` in lower case is in `domain`. */
export function isWithin(name: string, domain: string): boolean {
  return domain === "" || name === domain || name.endsWith(`.${domain}`);
}

/** The SOA that says how long an absence may be remembered (RFC 2308). `domain` as the question spells it. */
export function startOfAuthority(domain: string, serial: number, ttl: number): SoaAnswer {
  const below = (label: string): string => (domain === "" ? label : `${label}.${domain}`);
  return {
    type: "SOA",
    name: domain === "" ? "." : domain,
    ttl,
    data: {
      mname: below("ns.dns"),
      rname: below("hostmaster"),
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ttl,
    },
  };
}

export const EMPTY: Pick<DnsReply, "answers" | "authorities" | "additionals"> = {
  answers: [],
  authorities: [],
  additionals: [],
};

/**
 * The same reply with its addresses in another order, as CoreDNS's plugin `loadbalance` does: a client that takes the
 * first one does not always take the same. `chance`: at least 0, less than 1.
 */
export function shuffleAddresses(reply: DnsReply, chance: () => number): DnsReply {
  const addresses = reply.answers.filter(isAddress);
  if (addresses.length < 2) return reply;
  for (let i = addresses.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    const [a, b] = [addresses[i], addresses[j]];
    if (a !== undefined && b !== undefined) [addresses[i], addresses[j]] = [b, a];
  }
  return { ...reply, answers: [...reply.answers.filter((record) => !isAddress(record)), ...addresses] };
}

function isAddress(record: DnsRecord): boolean {
  return record.type === "A" || record.type === "AAAA";
}
