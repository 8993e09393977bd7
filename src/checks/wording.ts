/** Sentences about expectations and outcomes, the same in all kinds of checks. */
import type { ProbeResult } from "../services/probe/protocol.ts";
import type { Check } from "../lab/check.ts";

/** `1 s`, `250 ms`, `1.5 s`. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${Number((milliseconds / 1000).toFixed(2))} s`;
}

/** `… within 5 s`. */
export function within(check: Check): string {
  return `within ${formatMilliseconds(check.within)}`;
}

/** An expected outcome, as part of a sentence. */
export const EXPECTED_OUTCOME = {
  open: "answers",
  refused: "refuses the connection",
  reset: "resets the connection",
  timeout: "does not answer",
  unreachable: "is unreachable",
  noname: "has no such name",
  toobig: "is refused as too big",
} as const satisfies Record<ProbeResult["outcome"], string>;

/** What happened, with the system's error name. */
export function formatOutcome(result: ProbeResult, timeout: number): string {
  const word = result.error === undefined ? "" : ` (${result.error})`;
  switch (result.outcome) {
    case "open":
      return `open${answeredBy(result)}`;
    case "refused":
      return `refused${word}`;
    case "reset":
      return `reset by the other side${word}`;
    case "timeout":
      return `timeout: no answer within ${formatMilliseconds(timeout)}`;
    case "unreachable":
      return `unreachable${result.ping?.message === undefined ? word : ` (${result.ping.message}${result.ping.from === undefined ? "" : ` from ${result.ping.from}`})`}`;
    case "noname":
      return `no such name${word}`;
    case "toobig":
      return `packet too big${result.ping?.mtu === undefined ? "" : `, next-hop MTU ${result.ping.mtu}`}${result.ping?.from === undefined ? "" : ` reported by ${result.ping.from}`}`;
  }
}

function answeredBy(result: ProbeResult): string {
  const by = result.hostname === undefined ? "" : `, answered by ${result.hostname}`;
  const source = result.sourceIP === undefined ? "" : `, which saw source ${result.sourceIP}`;
  return `${by}${source}`;
}

/** A long text in one line of at most `limit` characters, quoted. */
export function quote(text: string, limit = 120): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return JSON.stringify(line.length > limit ? `${line.slice(0, limit)}…` : line);
}
