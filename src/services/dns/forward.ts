/** Asks other DNS servers from a server's own namespace, one after the other until one answers (CoreDNS: `forward`, policy sequential). */
import { randomInt } from "../../kernel/random.ts";
import packet from "dns-packet";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "../probe/attempt.ts";
import type { Dialogue } from "../probe/dialogue.ts";
import { StreamAttempt } from "../probe/stream-attempt.ts";
import { DatagramAttempt } from "../probe/udp-probe.ts";
import type { Exchange } from "../probe/udp-probe.ts";
import type { DnsServerSpec } from "../../resources/dns/zone.ts";
import { isWithin } from "./reply.ts";
import type { DnsAsked, DnsRecord } from "./reply.ts";
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
      const wait = new Wait(query, protocol, (bytes) => (answer = bytes));
      const target: AttemptTarget = { address: server, port: PORT, abortive: false };
      const finish = (): void => {
        clearTimeout(timer);
        this.#open.delete(attempt);
        resolve(answer);
      };
      const attempt: Attempt =
        protocol === "tcp" ? new StreamAttempt(target, wait, finish) : new DatagramAttempt(target, wait, finish);
      const timer = setTimeout(() => attempt.expire(), TIMEOUT_MS);
      this.#open.add(attempt);
      enterNetns(this.#handle, () => attempt.open());
    });
  }
}

const ANSWERED: AttemptResult = { outcome: "open" };
const SILENT: AttemptResult = { outcome: "timeout" };

/** Waits for the message that answers a query, in a datagram or in a stream (with its length in front). */
class Wait implements Exchange, Dialogue {
  readonly request: Buffer;
  readonly #query: Buffer;
  readonly #stream: boolean;
  readonly #keep: (answer: Buffer) => void;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(query: Buffer, protocol: "udp" | "tcp", keep: (answer: Buffer) => void) {
    this.#query = query;
    this.#stream = protocol === "tcp";
    this.#keep = keep;
    this.request = this.#stream ? Buffer.concat([lengthOf(query), query]) : query;
  }

  take(bytes: Buffer): AttemptResult | undefined {
    if (!this.#stream) return this.#accept(bytes);
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    if (this.#buffered.length < 2) return undefined;
    const end = 2 + this.#buffered.readUInt16BE(0);
    return this.#buffered.length < end ? undefined : this.#accept(this.#buffered.subarray(2, end));
  }

  end(): AttemptResult {
    return SILENT;
  }

  silence(): AttemptResult {
    return SILENT;
  }

  #accept(bytes: Buffer): AttemptResult | undefined {
    const answers =
      bytes.length >= 12 && ((bytes[2] ?? 0) & 0x80) !== 0 && bytes.readUInt16BE(0) === this.#query.readUInt16BE(0);
    if (!answers) return undefined;
    this.#keep(Buffer.from(bytes));
    return ANSWERED;
  }
}

/** The length of a message as TCP carries it in front (RFC 1035 4.2.2). */
export function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return length;
}
