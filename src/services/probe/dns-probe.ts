/** The dns probe: one question over UDP or TCP; any answer to it is open; the check judges its rcode. */
import type { Probe } from "./protocol.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import type { Dialogue } from "./dialogue.ts";
import { decodeReply, encodeQuestion } from "./dns-message.ts";
import type { DnsQuestion } from "./dns-message.ts";
import { StreamAttempt } from "./stream-attempt.ts";
import { DatagramAttempt } from "./udp-probe.ts";
import type { Exchange } from "./udp-probe.ts";

/** The attempt of a dns probe. A query that is not a DNS name is answered with noname, without asking a server. */
export function dnsAttempt(
  probe: Extract<Probe, { kind: "dns" }>,
  target: AttemptTarget,
  finish: (finding: AttemptResult) => void,
): Attempt {
  let question: DnsQuestion;
  try {
    question = encodeQuestion(probe.query, probe.type, target.marks?.dnsId);
  } catch (error) {
    const finding: AttemptResult = { outcome: "noname", error: error instanceof Error ? error.message : String(error) };
    return { open: () => finish(finding), expire: () => finish(finding) };
  }
  return askAttempt(question, probe.protocol, target, finish);
}

/** One question to one server. */
export function askAttempt(
  question: DnsQuestion,
  protocol: "udp" | "tcp",
  target: AttemptTarget,
  finish: (finding: AttemptResult) => void,
): Attempt {
  return protocol === "tcp"
    ? new StreamAttempt(target, new DnsDialogue(question), finish)
    : new DatagramAttempt(target, new DnsExchange(question), finish);
}

class DnsExchange implements Exchange {
  readonly request: Buffer;
  readonly #question: DnsQuestion;

  constructor(question: DnsQuestion) {
    this.#question = question;
    this.request = question.bytes;
  }

  take(answer: Buffer): AttemptResult | undefined {
    const dns = decodeReply(answer, this.#question);
    return dns === undefined ? undefined : { outcome: "open", dns };
  }
}

/** DNS over TCP: each message has its length in front (RFC 1035 4.2.2). */
class DnsDialogue implements Dialogue {
  readonly request: Buffer;
  readonly #question: DnsQuestion;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(question: DnsQuestion) {
    this.#question = question;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.bytes.length);
    this.request = Buffer.concat([length, question.bytes]);
  }

  take(bytes: Buffer): AttemptResult | undefined {
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    while (this.#buffered.length >= 2) {
      const end = 2 + this.#buffered.readUInt16BE(0);
      if (this.#buffered.length < end) return undefined;
      const dns = decodeReply(this.#buffered.subarray(2, end), this.#question);
      if (dns !== undefined) return { outcome: "open", dns };
      this.#buffered = this.#buffered.subarray(end);
    }
    return undefined;
  }

  end(): AttemptResult {
    return { outcome: "reset", error: "connection closed before a DNS answer" };
  }

  silence(): AttemptResult {
    return { outcome: "timeout", error: "connected, but no DNS answer in time" };
  }
}
