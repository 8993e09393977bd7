/** One connection (or datagram) of a tcp or udp check. */
import { joinHostPort } from "../../net/host-port.ts";
import type { Target } from "../../net/target.ts";
import type { Family } from "../../net/family.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckRequest } from "../kind.ts";
import type { ConnectCheck } from "./resolve.ts";

export function connectRequest(
  check: Pick<ConnectCheck, "kind" | "to" | "port" | "timeout">,
  from: Target,
  family: Family,
): CheckRequest {
  const { kind, port, timeout } = check;
  const to = joinHostPort(formatDestination(check.to), port);
  const located = locate(check.to, family);
  if ("problem" in located) return { to, problem: located.problem };
  return { to, probe: { kind, ...placeOf(from), to: located.to, port, timeout, family } };
}
