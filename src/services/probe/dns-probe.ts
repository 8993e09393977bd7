/** The dns probe: one question over UDP or TCP; any answer to it is open; the check judges its rcode. */
import { messageOf } from "../../errors.ts";
import type { Probe } from "./protocol.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import type { Dialogue } from "./dialogue.ts";
import { decodeReply, encodeQuestion, type DnsQuestion } from "./dns-message.ts";
import { MessageStream, withLength } from "./dns-stream.ts";
import { StreamAttempt } from "./stream-attempt.ts";
import { DatagramAttempt } from "./udp-probe.ts";

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
    const finding: AttemptResult = { outcome: "noname", error: messageOf(error) };
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
  const judge = (answer: Buffer): AttemptResult | undefined => {
    const dns = decodeReply(answer, question);
    return dns === undefined ? undefined : { outcome: "open", dns };
  };
  return queryAttempt(question.bytes, judge, protocol, target, finish);
}

/** Sends one query, and ends with the first message that `judge` takes for its answer. */
export function queryAttempt(
  query: Buffer,
  judge: (answer: Buffer) => AttemptResult | undefined,
  protocol: "udp" | "tcp",
  target: AttemptTarget,
  finish: (finding: AttemptResult) => void,
): Attempt {
  return protocol === "tcp"
    ? new StreamAttempt(target, new DnsDialogue(query, judge), finish)
    : new DatagramAttempt(target, { request: query, take: judge }, finish);
}

class DnsDialogue implements Dialogue {
  readonly request: Buffer;
  readonly #judge: (answer: Buffer) => AttemptResult | undefined;
  readonly #messages = new MessageStream();

  constructor(query: Buffer, judge: (answer: Buffer) => AttemptResult | undefined) {
    this.#judge = judge;
    this.request = withLength(query);
  }

  take(bytes: Buffer): AttemptResult | undefined {
    for (const message of this.#messages.take(bytes)) {
      const finding = this.#judge(message);
      if (finding !== undefined) return finding;
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
