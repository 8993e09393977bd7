/** The outcome for an errno. */
import { constants } from "node:os";
import { errnoName } from "../../kernel/libc.ts";
import type { Outcome } from "../../net/outcome.ts";

const e = constants.errno;
const OUTCOME_OF: ReadonlyMap<number, Outcome> = new Map<number, Outcome>([
  [e.ECONNREFUSED, "refused"],
  [e.ECONNRESET, "reset"],
  [e.EPIPE, "reset"],
  [e.ECONNABORTED, "reset"],
  [e.ETIMEDOUT, "timeout"],
  [e.EHOSTUNREACH, "unreachable"],
  [112, "unreachable"], // EHOSTDOWN
  [e.ENETUNREACH, "unreachable"],
  [e.ENETDOWN, "unreachable"],
  [e.EADDRNOTAVAIL, "unreachable"], // no source address of this family
  [e.EAFNOSUPPORT, "unreachable"],
  [e.EPERM, "unreachable"], // dropped by an OUTPUT rule
  [e.EACCES, "unreachable"], // prohibit route
  [e.EINVAL, "unreachable"], // blackhole route: fib_props[RTN_BLACKHOLE].error (net/ipv4/fib_semantics.c)
  [e.EPROTO, "unreachable"],
  [e.ENOPROTOOPT, "unreachable"],
]);

/** `errno` positive. An errno that is not an answer of the network is reported as unreachable, with its name. */
export function outcomeOf(errno: number): { outcome: Outcome; error: string } {
  return { outcome: OUTCOME_OF.get(errno) ?? "unreachable", error: errnoName(errno) };
}
