/**
 * The three-way verdict: what Kubernetes says (the oracle), what the rules in the kernel say, and what real packets did.
 * Where two of them differ, the check fails and shows all three.
 */
import { canonicalAddress } from "../../net/families.ts";
import { splitHostPort, joinHostPort } from "../../net/host-port.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import type { Probe, ProbeResult } from "../../services/probe/protocol.ts";
import type { ServiceCheck } from "./resolve.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { findFrontend, type Frontend } from "../../oracle/service/service-frontend.ts";
import type { Family } from "../../net/family.ts";
import { formatDestination } from "../destination.ts";
import { formatVerdict, sameVerdict, type ServiceVerdict } from "../../installed/verdict.ts";
import type { Ways } from "../../installed/way.ts";
import type { CheckFinding, CheckRequest, RunContext } from "../kind.ts";
import { connectRequest } from "../connect/request.ts";
import { requestLegs, runLegs, type LegLook } from "../leg.ts";
import { formatOutcome } from "../wording.ts";
import { leavesPodNetwork, serviceCase, type ServiceCase } from "./deciding-node.ts";
import { followService, isMasqueradedOnLeaving } from "./further-nodes.ts";

/** The findings about one source. */
export interface Comparison {
  readonly place: ServiceCase;
  readonly frontend: Frontend | undefined;
  readonly oracle: ServiceVerdict;
  readonly ways: Ways;
  readonly rules: ServiceVerdict;
  readonly results: readonly ProbeResult[];
  readonly packets: ServiceVerdict;
  /** Oracle, rules and packets as one line. */
  readonly text: string;
}

/** TCP sends an unanswered SYN again after a second (RFC 6298), and the rules choose an endpoint again. */
const SYN_AGAIN = 950;

/** `100 times open, 90 times open only when the SYN was sent again, 10 times timeout`. */
function tallyOutcomes(results: readonly ProbeResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome, ms } of results) {
    const text = outcome === "open" && ms >= SYN_AGAIN ? "open only when the first packet was sent again" : outcome;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} of ${results.length} times ${text}`).join(", ");
}

/** Endpoints of real answers, as they identify themselves. */
function verdictOfPackets(
  lab: Lab,
  results: readonly ProbeResult[],
  place: ServiceCase,
  timeout: number,
): ServiceVerdict {
  const { packet } = place;
  const outcomes = [...new Set(results.map((result) => result.outcome))];
  const [outcome] = outcomes;
  const [first] = results;
  if (first === undefined || outcome === undefined) return { kind: "none" };
  if (outcomes.length > 1) {
    return { kind: "mixed", text: tallyOutcomes(results) };
  }
  if (outcome === "refused") return { kind: "reject" };
  if (outcome === "reset" && engineOf(place.input.proxy) === "userspace") return { kind: "close" };
  if (outcome === "timeout" || first.error === "EPERM") return { kind: "drop" };
  if (outcome !== "open") return { kind: "mixed", text: formatOutcome(first, timeout) };
  const masqueraded = new Map<string, boolean | undefined>();
  for (const { server, sourceIP } of results) {
    if (server === undefined || sourceIP === undefined)
      return { kind: "mixed", text: "answers from a server that does not identify itself" };
    const kept = canonicalAddress(sourceIP) === canonicalAddress(packet.from.address);
    // A node's own address may well be the one that masquerade chooses: it proves nothing.
    const unknown = kept
      ? packet.from.kind === "node"
      : leavesPodNetwork(place, server) || isMasqueradedOnLeaving(lab, place, server);
    masqueraded.set(server, unknown ? undefined : !kept);
  }
  return { kind: "endpoints", masqueraded };
}

/** Connections at a time where client, proxy and server are all the agent's: more only wait for each other. */
const THROUGH_PROXY = 32;

/**
 * Milliseconds for a server to identify itself, where one should answer: hundreds of connections at once take
 * time on a busy machine. Expected silence is not awaited for this long.
 */
const ANSWER = 4000;

/** Connections that are tried first: enough per endpoint that each of a few is certainly reached. */
const MANY = 100;
const SCOUTS = 8;

/** Gets all three verdicts about one source. */
async function compare(
  context: RunContext,
  check: ServiceCheck,
  probe: Probe,
  from: Target,
  family: Family,
  count: (oracle: ServiceVerdict) => number,
): Promise<Comparison | { readonly problem: string }> {
  const place = await serviceCase(context, check, from, probe.to, family);
  if ("problem" in place) return place;
  const mode = place.input.proxy.mode;
  const { oracle, ways, rules, nodes } = await followService(context, check, from, family, place);
  // Where the rules lead elsewhere no answer is due.
  const asked: Probe =
    oracle.kind === "endpoints" && probe.kind === "tcp" && sameVerdict(oracle, rules)
      ? { ...probe, timeout: Math.max(check.timeout, ANSWER), patience: ANSWER }
      : probe;
  const ask = async (one: Probe, times: number): Promise<readonly ProbeResult[]> => {
    const concurrency = engineOf(place.input.proxy) === "userspace" ? { concurrency: THROUGH_PROXY } : {};
    return (await context.client.call("probe", { probes: Array.from({ length: times }, () => one), ...concurrency }))
      .results;
  };
  const all = count(oracle);
  // Where few meet silence, hundreds need not wait for it longer.
  const first = oracle.kind === "endpoints" && all > MANY ? await ask(probe, oracle.masqueraded.size * SCOUTS) : [];
  const silent = first.filter(({ outcome }) => outcome === "timeout").length;
  const results = silent > 0 && silent === first.length ? first : await ask(silent > 0 ? probe : asked, all);
  const packets = verdictOfPackets(context.lab, results, place, check.timeout);
  const unread = ways.unread.length === 0 ? "" : ` (not understood: ${ways.unread.join("; ")})`;
  const said = (verdict: ServiceVerdict): string => formatVerdict(asBackendSees(context.lab, place, verdict));
  const text = `Kubernetes: ${said(oracle)}; ${mode} rules of ${nodes.join(" and ")}: ${said(rules)}${unread}; packets: ${formatVerdict(packets)}`;
  return { place, frontend: findFrontend(place.input, place.packet), oracle, ways, rules, results, packets, text };
}

/** kube-proxy keeps the source, but the network plugin replaces it where the endpoint is outside the pod network. */
export function asBackendSees(lab: Lab, place: ServiceCase, verdict: ServiceVerdict): ServiceVerdict {
  if (verdict.kind !== "endpoints") return verdict;
  const masqueraded = new Map(
    [...verdict.masqueraded].map(([endpoint, replaced]) => [
      endpoint,
      replaced === false && isMasqueradedOnLeaving(lab, place, endpoint) ? undefined : replaced,
    ]),
  );
  return { kind: "endpoints", masqueraded };
}

/** Packets may not have met every endpoint; none may be unknown to the oracle, and the source that they report must match. */
export function packetsFit({ oracle, packets }: Comparison): boolean {
  if (oracle.kind === "none" || packets.kind === "none") return true;
  if (oracle.kind !== "endpoints" || packets.kind !== "endpoints") return oracle.kind === packets.kind;
  return [...packets.masqueraded].every(([endpoint, masqueraded]) => {
    const expected = oracle.masqueraded.get(endpoint);
    return expected !== undefined && (masqueraded === undefined || masqueraded === expected);
  });
}

/** Undefined: all agree. */
export function disagreement(comparison: Comparison): string | undefined {
  const { oracle, rules, packets, text } = comparison;
  if (!sameVerdict(oracle, rules)) return `the rules do not do what Kubernetes promises: ${text}`;
  if (packetsFit(comparison)) return undefined;
  // kube-proxy has done its part; the later stage has not.
  if (oracle.kind === "endpoints" && packets.kind !== "endpoints")
    return `the rules do what Kubernetes promises, but ${packets.kind === "mixed" ? "the packets show something else" : "no endpoint answers"}: ${text}${twiceText(comparison)}`;
  return `the packets do not do what Kubernetes promises: ${text}`;
}

/** For an endpoint that is a Service's port on the same node: a connection is translated once per node. */
function twiceText({ oracle, place }: Comparison): string {
  if (oracle.kind !== "endpoints") return "";
  const { node, input, packet } = place;
  const own = [...oracle.masqueraded.keys()].filter((endpoint) => {
    const { address, port } = splitHostPort(endpoint);
    const isOwn = Object.values(node.address).some((one) => canonicalAddress(one) === canonicalAddress(address));
    return isOwn && findFrontend(input, { ...packet, to: address, port }) !== undefined;
  });
  if (own.length === 0) return "";
  return `; ${own.join(", ")} is a port of a Service on ${node.name} itself, which translates a connection only once: in Kubernetes nothing answers there either`;
}

export interface ComparisonOptions {
  readonly expected: string;
  readonly negative: boolean;
  /** How many connections to make, given the oracle's verdict. */
  readonly connections: (oracle: ServiceVerdict) => number;
  /** Called only when the three agree. */
  readonly judge: (comparison: Comparison, family: Family) => LegLook;
}

export function formatServiceDestination(check: ServiceCheck): string {
  return `${joinHostPort(formatDestination(check.to), check.port)}${check.protocol === "udp" ? "/udp" : ""}`;
}

/** One leg per source and family, each with all three verdicts. */
export async function runComparisons(
  check: ServiceCheck,
  context: RunContext,
  options: ComparisonOptions,
): Promise<CheckFinding> {
  const to = formatServiceDestination(check);
  const request = (from: Target, family: Family): CheckRequest => ({
    ...connectRequest({ ...check, kind: check.protocol }, from, family),
    to,
  });
  const legs = requestLegs(check, context, request, async (probe, from, family): Promise<LegLook> => {
    const comparison = await compare(context, check, probe, from, family, options.connections);
    if ("problem" in comparison) return { ok: false, final: true, got: comparison.problem };
    const contradiction = disagreement(comparison);
    const [first] = comparison.results;
    if (contradiction !== undefined)
      return { ok: false, got: contradiction, ...(first === undefined ? {} : { probe: first }) };
    return options.judge(comparison, family);
  });
  return runLegs(check, context, legs, {
    expected: options.expected,
    negative: options.negative,
    overlap: !options.negative,
  });
}
