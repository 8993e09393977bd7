/** The answers of a zone of plain records: aliases are followed, wildcards apply, anything else does not exist (RFC 1034 4.3.2, RFC 4592). */
import { addTo } from "../../append.ts";
import type { RecordZone } from "../../resources/dns/zone.ts";
import { EMPTY, isWithin, startOfAuthority, type DnsAsked, type DnsRecord, type DnsReply } from "./reply.ts";

const MAX_CHAIN = 8;

export class RecordAnswers {
  readonly #zone: RecordZone;
  readonly #domain: string;
  readonly #serial: number;
  readonly #records = new Map<string, RecordZone["records"][number][]>();
  /** Names that have something below them, and thus exist (RFC 8020). */
  readonly #above = new Set<string>();

  constructor(zone: RecordZone, serial: number) {
    this.#zone = zone;
    this.#domain = zone.domain === "." ? "" : zone.domain.toLowerCase();
    this.#serial = serial;
    for (const record of zone.records) {
      const name = record.name.toLowerCase();
      addTo(this.#records, name, record);
      const labels = name.split(".");
      for (let i = 1; i < labels.length; i++) this.#above.add(labels.slice(i).join("."));
    }
  }

  domainOf(name: string): string | undefined {
    return isWithin(name, this.#domain) ? this.#domain : undefined;
  }

  /** `next`: another server is to be asked. */
  answer(asked: DnsAsked, _domain: string, _lookup: unknown): DnsReply | "next" {
    const { ttl } = this.#zone;
    if (asked.type === "AXFR" || asked.type === "IXFR") return { rcode: "REFUSED", authoritative: false, ...EMPTY };
    const authority = startOfAuthority(this.#domain, this.#serial, ttl);
    const answers: DnsRecord[] = [];
    let { name } = asked;
    for (let i = 0; i < MAX_CHAIN; i++) {
      const here = this.#at(name.toLowerCase()) ?? [];
      const wanted = here.filter((record) => record.type === asked.type);
      answers.push(...wanted.map(({ type, data }) => ({ type, name, ttl, data })));
      const alias = wanted.length > 0 ? undefined : here.find((record) => record.type === "CNAME");
      if (alias === undefined) break;
      answers.push({ type: "CNAME", name, ttl, data: alias.data });
      name = alias.data;
    }
    const key = name.toLowerCase();
    if (asked.type === "SOA" && key === this.#domain) answers.push(authority);
    const exists = this.#at(key) !== undefined || key === this.#domain;
    if (!exists && answers.length === 0 && this.#zone.fallthrough === true) return "next";
    const complete = answers.some((record) => record.type === asked.type);
    return {
      rcode: exists || !isWithin(key, this.#domain) ? "NOERROR" : "NXDOMAIN",
      authoritative: true,
      answers,
      authorities: complete ? [] : [authority],
      additionals: [],
    };
  }

  /** The records of a name, by a wildcard where it has none itself; undefined: no such name. */
  #at(name: string): readonly RecordZone["records"][number][] | undefined {
    if (this.#records.has(name) || this.#above.has(name)) return this.#records.get(name) ?? [];
    // The wildcard of the closest name above that exists, and of no other.
    for (let above = parent(name); ; above = parent(above)) {
      const wildcard = this.#records.get(above === "" ? "*" : `*.${above}`);
      if (wildcard !== undefined || above === "" || this.#records.has(above) || this.#above.has(above)) return wildcard;
    }
  }
}

function parent(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
