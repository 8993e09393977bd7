/** path: the namespaces and devices that a packet really crosses, found by listening everywhere while it travels. */
import { joinHostPort } from "../../net/host-port.ts";
import { formatNamespace } from "../../net/place.ts";
import type { Probe } from "../../services/probe/protocol.ts";
import type { PathCheck } from "./resolve.ts";
import type { Target } from "../../net/target.ts";
import { placeOf } from "../../targets/target-place.ts";
import type { Family } from "../../net/family.ts";
import { formatDestination, locate } from "../destination.ts";
import type { RunContext, CheckFinding } from "../kind.ts";
import { legLabel, runLegs, sourceLegs } from "../leg.ts";
import { canonicalPlace } from "../namespace-of.ts";
import { reproduceProbe } from "../reproduce.ts";
import { routeMismatch, routeOfPacket, type RouteExpectation } from "./route-of-packet.ts";
import { within } from "../wording.ts";

export async function run(check: PathCheck, context: RunContext): Promise<CheckFinding> {
  const { lab } = context;
  const canonical = (texts: readonly string[] | undefined): string[] | undefined =>
    texts?.map((text) => canonicalPlace(lab, text));
  const expect: RouteExpectation = {
    // A hop is a namespace, whatever interface was written behind it.
    hops: canonical(check.expect.hops),
    crosses: canonical(check.expect.crosses),
    avoids: canonical(check.expect.avoids),
  };
  let lastFailure: Probe | undefined;
  const legs = sourceLegs(check, (from, family) => {
    const label = legLabel(check, from, formatTo(check), family);
    const located = locate(check.to, family);
    if ("problem" in located)
      return { label, family, problem: located.problem, look: () => Promise.reject(new Error(located.problem)) };
    const probe = makeProbe(check, from, located.to, family);
    return {
      label,
      family,
      reproduce: reproduceProbe(lab, probe),
      look: async () => {
        const trace = await context.client.call("trace", { probe });
        const route = routeOfPacket(trace.sightings);
        const wrong = routeMismatch(route, expect);
        const way =
          route.hops.length === 0
            ? "nothing"
            : (expect.crosses ?? expect.avoids) === undefined
              ? route.hops.join(" → ")
              : route.places.join(" → ");
        if (wrong !== undefined) lastFailure = probe;
        return { ok: wrong === undefined, got: wrong === undefined ? way : `${wrong}: ${way}`, probe: trace.probe };
      },
    };
  });
  const finding = await runLegs(check, context, legs, {
    expected: expectation(check, expect),
    negative: false,
    overlap: false,
  });
  return finding.ok || lastFailure === undefined ? finding : { ...finding, trace: lastFailure };
}

function makeProbe(check: PathCheck, from: Target, to: string, family: Family): Probe {
  const base = { ...placeOf(from), to, timeout: check.timeout, family };
  if (check.protocol === "icmp") return { kind: "ping", ...base, count: 1, df: false };
  return { kind: check.protocol, ...base, port: check.port ?? 80 };
}

function formatTo(check: PathCheck): string {
  const to = formatDestination(check.to);
  return check.protocol === "icmp" ? to : `${joinHostPort(to, check.port ?? 80)}/${check.protocol}`;
}

function expectation(check: PathCheck, expect: RouteExpectation): string {
  const parts = [
    expect.hops === undefined ? undefined : `goes ${expect.hops.join(" → ")}`,
    expect.crosses === undefined ? undefined : `crosses ${expect.crosses.join(", ")}`,
    expect.avoids === undefined ? undefined : `does not cross ${expect.avoids.join(", ")}`,
  ].filter((part) => part !== undefined);
  const from = check.from.map((target) => formatNamespace(target.ns)).join(", ");
  return `${check.protocol} from ${from} to ${formatTo(check)} ${parts.length === 0 ? "is seen on its way" : parts.join(" and ")} ${within(check)}`;
}
