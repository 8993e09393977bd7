/** Which of a DNS server's zones answers a question, and which questions go to other servers. */
import type { DnsServerSpec } from "../../resources/dns/zone.ts";
import { KubernetesAnswers } from "./kubernetes-answers.ts";
import { RecordAnswers } from "./record-answers.ts";
import { EMPTY, isWithin, startOfAuthority, type DnsAsked, type DnsReply, type ExternalLookup } from "./reply.ts";

/** Seconds that the absence of a reverse name may be remembered. */
const NEGATIVE_TTL = 30;
const FAILED: DnsReply = { rcode: "SERVFAIL", authoritative: false, ...EMPTY };

export class Responder {
  readonly #zones: readonly (KubernetesAnswers | RecordAnswers)[];
  readonly #serial: number;
  readonly #forwards: boolean;
  readonly #stubs: readonly string[];
  readonly #lookup: ExternalLookup | undefined;

  /** `lookup` asks the servers of `forward`; it is used for names that the zones' aliases lead to. */
  constructor(spec: DnsServerSpec, serial: number, lookup: ExternalLookup) {
    this.#zones = spec.zones.map((zone) =>
      zone.kind === "kubernetes" ? new KubernetesAnswers(zone, serial) : new RecordAnswers(zone, serial),
    );
    this.#serial = serial;
    this.#forwards = spec.forward.length > 0;
    this.#stubs = (spec.stubs ?? []).map(({ domain }) => domain);
    this.#lookup = this.#forwards || this.#stubs.length > 0 ? lookup : undefined;
  }

  /** `forward`: another server is to be asked. At once where no other server has to be asked. */
  answer(asked: DnsAsked): DnsReply | Promise<DnsReply> | "forward" {
    const name = asked.name.toLowerCase();
    if (this.#stubs.some((domain) => isWithin(name, domain))) return "forward";
    let passed: string | undefined;
    for (const zone of this.#zones) {
      const domain = zone.domainOf(name);
      if (domain === undefined) continue;
      const reply = zone.answer(asked, domain, this.#lookup);
      if (reply !== "next") return reply;
      passed ??= domain;
    }
    if (this.#forwards) return "forward";
    if (passed === undefined) return FAILED;
    const authority = startOfAuthority(passed, this.#serial, NEGATIVE_TTL);
    return { rcode: "NXDOMAIN", authoritative: true, ...EMPTY, authorities: [authority] };
  }
}
