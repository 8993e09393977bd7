/** The echo request of a ping check. */
import type { Family } from "../../net/family.ts";
import type { Target } from "../../net/target.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckRequest } from "../kind.ts";
import type { PingCheck } from "./resolve.ts";

export function pingRequest(check: PingCheck, from: Target, family: Family): CheckRequest {
  const to = formatDestination(check.to);
  const located = locate(check.to, family);
  if ("problem" in located) return { to, problem: located.problem };
  const { count, size, df, timeout } = check;
  return { to, probe: { kind: "ping", ...placeOf(from), to: located.to, timeout, family, count, size, df } };
}
