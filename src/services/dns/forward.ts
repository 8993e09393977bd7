/** Asks other DNS servers from a server's own namespace, one after the other until one answers (CoreDNS: `forward`, policy sequential). */
import { randomInt } from "../../kernel/random.ts";
import packet from "dns-packet";
import { enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import type { Attempt, AttemptResult } from "../probe/attempt.ts";
import { queryAttempt } from "../probe/dns-probe.ts";
import type { DnsServerSpec } from "../../resources/dns/zone.ts";
import { isWithin, type DnsAsked, type DnsRecord } from "./reply.ts";
import { encodeQuery } from "./wire.ts";

/** Patience with one server. */
const TIMEOUT_MS = 2000;
const PORT = 53;
const TRUNCATED = 0x02;
const RCODE = 0x0f;

/** Records that a zone's alias may lead to. */
const WANTED: ReadonlySet<string> = new Set(["A", "AAAA", "CNAME"]);

type Upstreams = Pick<DnsServerSpec, "forward" | "stubs">;

export class Forwarder {
  readonly #handle: NetnsHandle;
  #spec: Upstreams;
  readonly #open = new Set<Attempt>();
  #stopped = false;

  constructor(handle: NetnsHandle, spec: Upstreams) {
    this.#handle = handle;
    this.#spec = spec;
  }

  update(spec: Upstreams): void {
    this.#spec = spec;
  }

  stop(): void {
    this.#stopped = true;
    for (const attempt of this.#open) attempt.expire();
  }

  /** The first answer to a client's query, as received but with the client's id; undefined when no server answers. */
  async relay(query: Buffer, protocol: "udp" | "tcp", name: string): Promise<Buffer | undefined> {
    const own = Buffer.from(query);
    own.writeUInt16BE(randomInt(0, 0x10000), 0);
    for (const server of this.#serversOf(name.toLowerCase())) {
      const answer = await this.#ask(server, own, protocol);
      if (this.#stopped) return undefined;
      if (answer === undefined) continue;
      answer.writeUInt16BE(query.readUInt16BE(0), 0);
      return answer;
    }
    return undefined;
  }

  /** What the servers know about a name; undefined when they could not answer. */
  async lookup(asked: DnsAsked): Promise<readonly DnsRecord[] | undefined> {
    const query = encodeQuery(asked, 0);
    let answer = await this.relay(query, "udp", asked.name);
    if (answer !== undefined && ((answer[2] ?? 0) & TRUNCATED) !== 0)
      answer = await this.relay(query, "tcp", asked.name);
    if (answer === undefined) return undefined;
    const rcode = (answer[3] ?? 0) & RCODE;
    if (rcode !== 0 && rcode !== 3) return undefined;
    try {
      const { answers = [] } = packet.decode(answer);
      return answers.filter((record): record is DnsRecord => WANTED.has(record.type));
    } catch {
      return undefined;
    }
  }

  #serversOf(name: string): readonly string[] {
    const stubs = (this.#spec.stubs ?? []).filter(({ domain }) => isWithin(name, domain));
    const [nearest] = stubs.toSorted((a, b) => b.domain.length - a.domain.length);
    return nearest?.servers ?? this.#spec.forward;
  }

  #ask(server: string, query: Buffer, protocol: "udp" | "tcp"): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      let answer: Buffer | undefined;
      const judge = (bytes: Buffer): AttemptResult | undefined => {
        if (!isAnswer(bytes, query)) return undefined;
        answer = Buffer.from(bytes);
        return { outcome: "open" };
      };
      const attempt = queryAttempt(query, judge, protocol, { address: server, port: PORT, abortive: false }, () => {
        clearTimeout(timer);
        this.#open.delete(attempt);
        resolve(answer);
      });
      const timer = setTimeout(() => attempt.expire(), TIMEOUT_MS);
      this.#open.add(attempt);
      enterNetns(this.#handle, () => attempt.open());
    });
  }
}

function isAnswer(bytes: Buffer, query: Buffer): boolean {
  return bytes.length >= 12 && ((bytes[2] ?? 0) & 0x80) !== 0 && bytes.readUInt16BE(0) === query.readUInt16BE(0);
}
