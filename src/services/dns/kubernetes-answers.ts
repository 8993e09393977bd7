/** The answers of a cluster's zone to questions of every type, as CoreDNS's plugin `kubernetes` gives them (handler.go, backend_lookup.go). */
import type { KubernetesZone } from "../../resources/dns/zone.ts";
import { KubernetesIndex, type Target } from "./kubernetes-index.ts";
import { EMPTY, isWithin, startOfAuthority } from "./reply.ts";
import type { DnsAsked, DnsRecord, DnsReply, ExternalLookup } from "./reply.ts";
import { addressOfReverse } from "./reverse-name.ts";

/** Version of the specification that the records follow. */
const SCHEMA_VERSION = "1.1.0";
const VERSION_TTL = 28_800;
/** CNAMEs in a row that are followed. */
const MAX_CHAIN = 8;

/** One question with its domain part, as it was spelled. */
interface Question extends DnsAsked {
  readonly path: string;
  readonly domain: string;
}

export class KubernetesAnswers {
  readonly #zone: KubernetesZone;
  readonly #index: KubernetesIndex;
  readonly #serial: number;

  /** `serial`: the SOA's, a number that grows with every change. */
  constructor(zone: KubernetesZone, serial: number) {
    this.#zone = zone;
    this.#index = new KubernetesIndex(zone);
    this.#serial = serial;
  }

  /** The domain of the zone that a name (lower case) is in: the longest one. */
  domainOf(name: string): string | undefined {
    const domains = this.#zone.domains.filter((domain) => isWithin(name, domain));
    return domains.toSorted((a, b) => b.length - a.length)[0];
  }

  /** `next`: another server is to be asked. */
  answer(asked: DnsAsked, domain: string, lookup: ExternalLookup | undefined): DnsReply | Promise<DnsReply> | "next" {
    const name = asked.name.toLowerCase();
    const question: Question = {
      ...asked,
      path: name.slice(0, Math.max(0, name.length - domain.length - 1)),
      domain: asked.name.slice(asked.name.length - domain.length),
    };
    if (asked.type === "AXFR" || asked.type === "IXFR") return { rcode: "REFUSED", authoritative: false, ...EMPTY };
    // Names below the domain's own are not checked for existence (ServeDNS in handler.go).
    if (asked.type === "SOA" && question.path !== "") return this.#records(question, []);
    const special = domain === this.#zone.domains[0] ? this.#special(question) : this.#reverse(question, name);
    if (special === "missing") return this.#missing(question, domain);
    if (special !== undefined) return special;
    const targets = this.#index.find(question.path);
    if (targets === undefined) return this.#missing(question, domain);
    const [first] = targets;
    switch (asked.type) {
      case "A":
      case "AAAA":
        if (first?.type === "CNAME") return this.#chase(question, first, lookup);
        return this.#records(question, addressRecords(asked.name, targets, asked.type, this.#zone.ttl));
      case "CNAME":
        return this.#records(question, first?.type === "CNAME" ? [this.#alias(asked.name, first.host)] : []);
      case "TXT":
        // The one question that a name without anything in it denies (Services in kubernetes.go), but for one of a zone.
        if (targets.length === 0 && !question.path.includes("._zone.")) return this.#missing(question, domain);
        return this.#records(question, []);
      case "SRV":
        return this.#services(question, targets);
      default:
        return this.#records(question, []);
    }
  }

  /** Names that belong neither to a Service nor to a pod; undefined: an ordinary one. */
  #special(question: Question): DnsReply | undefined {
    const { path, type, name, domain } = question;
    const { ttl } = this.#zone;
    if (path === "dns-version") {
      const text: DnsRecord = { type: "TXT", name, ttl: VERSION_TTL, data: [SCHEMA_VERSION] };
      return this.#records(question, type === "TXT" ? [text] : []);
    }
    if (path === "ns.dns") {
      const own = this.#nameServers(domain).map(({ address }) => address);
      const records = own.map((data): DnsRecord => ({ type: data.includes(":") ? "AAAA" : "A", name, ttl, data }));
      return this.#records(question, records.filter((record) => record.type === type)); // prettier-ignore
    }
    if (path !== "") return undefined;
    if (type === "SOA") return this.#records(question, [this.#authority(question)]);
    if (type !== "NS") return undefined;
    const servers = this.#nameServers(domain);
    const names = [...new Set(servers.map((server) => server.name))];
    return this.#records(
      question,
      names.map((data): DnsRecord => ({ type: "NS", name, ttl, data })),
      servers.map(({ name: owner, address }): DnsRecord => ({
        type: address.includes(":") ? "AAAA" : "A",
        name: owner,
        ttl,
        data: address,
      })),
    );
  }

  /** A name of a reverse zone; that of an address has a PTR record, and for other types it is none of this zone. */
  #reverse(question: Question, name: string): DnsReply | "missing" {
    if (question.path === "")
      return this.#records(question, question.type === "SOA" ? [this.#authority(question)] : []);
    const address = addressOfReverse(name);
    const names = address === undefined ? [] : this.#index.namesOf(address);
    if (names.length === 0 || question.type !== "PTR") return "missing";
    const [domain = ""] = this.#zone.domains;
    const pointers = names.map((owner): DnsRecord => ({
      type: "PTR",
      name: question.name,
      ttl: this.#zone.ttl,
      data: `${owner}.${domain}`,
    }));
    return this.#records(question, pointers);
  }

  #nameServers(domain: string): readonly { readonly name: string; readonly address: string }[] {
    const behind = this.#index.nameServers();
    if (behind.length > 0) return behind.map(({ owner, address }) => ({ name: `${owner}.${domain}`, address }));
    return this.#zone.own.map((address) => ({ name: `ns.dns.${domain}`, address }));
  }

  /** SRV records share the weight 100; targets with the same name appear once, with all their addresses. */
  #services(question: Question, all: readonly Target[]): DnsReply {
    const { ttl } = this.#zone;
    const targets = all.filter((target) => target.type !== "CNAME");
    const weight = Math.max(1, Math.floor(100 / Math.max(1, targets.length)));
    const services = new Map<string, DnsRecord>();
    const addresses = new Map<string, DnsRecord>();
    for (const { host, type, port, owner } of targets) {
      if (port === undefined) continue;
      const name = `${owner}.${question.domain}`;
      const data = { priority: 0, weight, port, target: name };
      const key = `${name} ${port}`;
      if (!services.has(key)) services.set(key, { type: "SRV", name: question.name, ttl, data });
      if (!addresses.has(`${name} ${host}`)) addresses.set(`${name} ${host}`, { type, name, ttl, data: host });
    }
    return this.#records(question, [...services.values()], [...addresses.values()]);
  }

  /** Follows an ExternalName to an address, within the zone and beyond it. */
  async #chase(question: Question, first: Target, lookup: ExternalLookup | undefined): Promise<DnsReply> {
    const type = question.type === "AAAA" ? "AAAA" : "A";
    const [domain = ""] = this.#zone.domains;
    const records: DnsRecord[] = [];
    const passed = new Set([question.name.toLowerCase()]);
    let { name } = question;
    for (let target: Target | undefined = first; target !== undefined && records.length < MAX_CHAIN;) {
      const host = target.host.toLowerCase();
      if (passed.has(host)) break;
      passed.add(host);
      records.push(this.#alias(name, target.host));
      if (!isWithin(host, domain)) {
        const beyond = lookup === undefined ? [] : await lookup({ name: target.host, type });
        return beyond === undefined
          ? { rcode: "SERVFAIL", authoritative: true, answers: records, authorities: [], additionals: [] }
          : this.#records(question, [...records, ...beyond]);
      }
      name = target.host;
      const next: readonly Target[] =
        this.#index.find(host.slice(0, Math.max(0, host.length - domain.length - 1))) ?? [];
      const addresses = addressRecords(name, next, type, this.#zone.ttl);
      if (addresses.length > 0) return this.#records(question, [...records, ...addresses]);
      target = next.find((it) => it.type === "CNAME");
    }
    return this.#records(question, []); // a loop, or the end has no such address: CoreDNS omits the whole chain
  }

  #alias(name: string, data: string): DnsRecord {
    return { type: "CNAME", name, ttl: this.#zone.ttl, data };
  }

  #authority({ domain }: Question): DnsRecord {
    return startOfAuthority(domain, this.#serial, this.#zone.ttl);
  }

  #records(question: Question, answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): DnsReply {
    const authorities = answers.length > 0 ? [] : [this.#authority(question)];
    return { rcode: "NOERROR", authoritative: true, answers, authorities, additionals };
  }

  #missing(question: Question, domain: string): DnsReply | "next" {
    if (this.#zone.fallthrough.includes(domain)) return "next";
    const rcode = this.#zone.unsynced === true ? "SERVFAIL" : "NXDOMAIN";
    return { rcode, authoritative: true, ...EMPTY, authorities: [this.#authority(question)] };
  }
}

function addressRecords(name: string, targets: readonly Target[], type: "A" | "AAAA", ttl: number): DnsRecord[] {
  const hosts = new Set(targets.filter((target) => target.type === type).map((target) => target.host));
  return [...hosts].map((data) => ({ type, name, ttl, data }));
}
