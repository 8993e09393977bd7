/** The query of a dns check. */
import type { Family } from "../../net/family.ts";
import type { Target } from "../../net/target.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckRequest } from "../kind.ts";
import type { DnsCheck } from "./resolve.ts";

export function dnsRequest(check: DnsCheck, from: Target, family: Family): CheckRequest {
  const { port, timeout, protocol, query, type } = check;
  const to = `${query} ${type} @${formatDestination(check.server)}`;
  const located = locate(check.server, family);
  if ("problem" in located) return { to, problem: located.problem };
  return { to, probe: { kind: "dns", ...placeOf(from), to: located.to, port, timeout, protocol, query, type } };
}
