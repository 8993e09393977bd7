/** Sends one packet and puts its story together: what was captured, which rules it met, what the kernel chose, and what the lab says. */
import type { Methods } from "../agent/protocol.ts";
import { joinHostPort } from "../net/host-port.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import type { AgentClient } from "../agent/client.ts";
import { parseAddress } from "../net/address.ts";
import { canonicalAddress } from "../net/families.ts";
import { formatNamespace } from "../net/place.ts";
import { clusterTowards, nodeOf } from "../cluster/lab-clusters.ts";
import { policyVerdict, readPolicyRules, rulesVerdict, formatPolicies } from "../checks/reach/policy-verdict.ts";
import { serviceCase } from "../checks/service/deciding-node.ts";
import type { Lab } from "../lab/lab.ts";
import type { Target } from "../net/target.ts";
import type { Probe } from "../services/probe/protocol.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import { heldRules, investigatePacket } from "../why/lost-packet.ts";
import type { Investigation, LossContext } from "../why/lost-packet.ts";
import { decide } from "../oracle/service/service-oracle.ts";
import { followRules } from "../installed/read-rules.ts";
import { engineOf } from "../cluster/kube-proxy/modes.ts";
import { formatVerdict, verdictOf, verdictOfWays } from "../installed/verdict.ts";
import { dropReason } from "./drop-reason.ts";
import { attachFacts } from "./attach-facts.ts";
import { buildHops } from "./build-hops.ts";
import { destinationOf } from "./visit-rules.ts";
import type { AboutHop } from "./build-hops.ts";
import { chainsIn } from "./chains.ts";
import { evaluations } from "./evaluations.ts";
import type { Evaluation } from "./evaluations.ts";
import { firstWrongHop } from "./first-wrong.ts";
import type { PacketStory } from "./packet-story.ts";
import { chosenRoute } from "./route.ts";
import type { RouteAnswer } from "./route.ts";
import { isSwitched, shapeIn, visitsOf } from "./visits.ts";
import type { Visit } from "./visits.ts";

export interface StoryContext {
  readonly lab: Lab;
  readonly client: AgentClient;
}

/** What is asked: one probe from a place of the lab. `to`: how the user named the destination. */
export interface StoryQuestion {
  readonly from: Target;
  readonly to: string;
  readonly probe: Probe;
  /** With the bytes of its packets. */
  readonly packets?: boolean | undefined;
  /** `probe` is that of others, which waits. */
  readonly held?: (HeldAnswer & { readonly rules: readonly string[] }) | undefined;
}

type HeldAnswer = NonNullable<Methods["hold"]["result"]["held"]>;

/** What is looked for in the traffic at a place. */
export interface MatchQuestion {
  readonly from: Target;
  /** Among which its sender is looked for, by address. */
  readonly places: readonly Target[];
  /** As tcpdump takes it. */
  readonly filter: string;
  /** Milliseconds to wait for such a packet, and for what answers it. */
  readonly within: number;
  readonly timeout: number;
  readonly packets?: boolean | undefined;
  /** Called when it waits. */
  readonly waits: () => void;
}

/** The story of the first packet that matches; undefined: none came in time. Throws UsageError, HostError. */
export async function tellMatch(context: StoryContext, question: MatchQuestion): Promise<PacketStory | undefined> {
  const { client, lab } = context;
  const { from, places, filter, within, timeout, packets, waits } = question;
  const loss = { lab, client, startedAt: BigInt(Date.now()) * 1_000_000n, note: () => undefined };
  const rules = await heldRules(loss);
  const { held } = await client.call("hold", { ns: from.ns, filter, within, timeout }, waits);
  if (held === undefined) return undefined;
  const { probe } = held;
  const to = probe.kind === "ping" ? probe.to : `${joinHostPort(probe.to, probe.port)} (${probe.kind})`;
  const sender = places.find(({ iface, addresses }) => iface === undefined && Object.values(addresses).includes(held.sender)); // prettier-ignore
  const asked = {
    from: sender ?? from,
    to,
    probe,
    packets,
    held: { ...held, rules: [...new Set([...rules, from.ns])] },
  };
  const story = await tellOf(context, loss, asked);
  return { ...story, title: `${sender?.text ?? held.sender} → ${to}, as it was at ${from.text}` };
}

/** Throws LabError when the agent cannot listen (EPERM: needs CAP_NET_RAW). */
export function tellStory(context: StoryContext, question: StoryQuestion): Promise<PacketStory> {
  return tellOf(context, { ...context, startedAt: BigInt(Date.now()) * 1_000_000n, note: () => undefined }, question);
}

async function tellOf(context: StoryContext, loss: LossContext, question: StoryQuestion): Promise<PacketStory> {
  const { client } = context;
  const { probe, from, held } = question;
  const investigated = await investigatePacket(loss, probe, {
    negative: false,
    patience: probe.timeout,
    traceRules: true,
    packets: question.packets,
    held,
  });
  const found = held?.answered === false ? { ...investigated, trace: withoutAnswer(investigated) } : investigated;
  const { trace, way, observed, differences, foreign, faults, story } = found;
  const address = trace.probe.address ?? probe.to;
  const to = parseAddress(address) === undefined ? undefined : canonicalAddress(address);
  const visits = visitsOf(trace.sightings, { ns: probe.ns, to });
  const met = rulesMet(found);
  const routes = await routesOf(client, found, visits, met);
  const built = buildHops({
    family: way.family,
    observed,
    visits,
    startNs: trace.sightings[0]?.atNs ?? 0,
    evaluations: met,
    routes,
    findings: trace,
    result: trace.probe,
  });
  const lost = trace.probe.outcome !== "open";
  const unseen = trace.untraced ?? [];
  const { hops, inPlace, behind, ...others } = attachFacts(
    markLost(built, found),
    [...differences, ...faults, ...foreign],
    {
      lost,
      dropped: (ns, rule) => story.dropped?.endsWith(`${rule} on ${formatNamespace(ns)}`) === true,
      answersForOthers: (ns) => Object.values(observed.applied).some((one) => one.ns === ns && answersForOthers(one)),
      traced: (ns) => !unseen.some((text) => text.startsWith("all: ") || text.startsWith(`${ns}: `)),
    },
  );
  const firstWrong = firstWrongHop(hops, { inPlace, behind, arrived: !lost });
  const said = await verdicts(context, question, found);
  return {
    title: `${from.text} → ${question.to}`,
    probe,
    result: trace.probe,
    hops,
    tested: met.reduce((sum, one) => sum + one.tested, 0),
    ...(firstWrong === undefined ? {} : { firstWrong }),
    verdict: {
      ...said,
      packet: packetVerdict(trace),
      ...(trace.probe.outcome === "open" ? {} : { dropped: story.dropped, reason: dropReason(trace), lastSeen: story.lastSeen, counters: found.counters.map(({ ns, counter, by }) => `${ns}: ${counter} rose by ${by}`) }), // prettier-ignore
      ...others,
    },
    ...(trace.packets === undefined ? {} : { packets: trace.packets }),
    unseen: [
      ...unseen.map((text) => `rules of ${text}`),
      ...(lost && trace.noDrops !== undefined
        ? [`the kernel's drop reasons (they need root here, and Linux 5.17 with BTF): ${trace.noDrops}`]
        : []),
    ],
  };
}

function answersForOthers(resource: Resource): boolean {
  const { answersFor, answersForAll } = definitionOf(resource);
  return answersFor?.(resource) !== undefined || answersForAll?.(resource) === true;
}

/** Nothing need answer it: it arrived where it was seen to come in at its destination. */
function withoutAnswer({ trace, way }: Investigation): TraceResult {
  const last = trace.sightings.findLast(({ forward }) => forward);
  if (trace.probe.outcome !== "timeout" || last?.direction !== "in" || !way.destinations.includes(last.ns))
    return trace;
  return { ...trace, probe: { ...trace.probe, outcome: "open", unanswered: true } };
}

function rulesMet({ trace: { rules = [] }, listings, way }: Investigation): readonly Evaluation[] {
  const byNamespace = [...Map.groupBy(rules, ({ ns }) => ns)];
  return byNamespace.flatMap(([ns, own]) => {
    const listing = listings.get(ns);
    return evaluations(own, listing === undefined ? new Map() : chainsIn(listing, way.family));
  });
}

/** Routing is asked as it was: with the device that it came in on, where a port of a bridge stands for the bridge. */
async function routesOf(
  client: AgentClient,
  { way, observed }: Investigation,
  visits: readonly Visit[],
  met: readonly Evaluation[],
): Promise<ReadonlyMap<Visit, RouteAnswer>> {
  const answers = await Promise.all(
    visits.map(async (visit): Promise<readonly (readonly [Visit, RouteAnswer])[]> => {
      const state = observed.namespaces[visit.ns];
      const to = destinationOf(visit, met);
      if (state === undefined || to === undefined || isSwitched(visit, state)) return [];
      if (state.routes.every(({ family }) => family !== way.family)) return [];
      const came = visit.ins.at(-1);
      const device = state.links.find(({ name }) => name === came?.iface);
      const question = {
        ns: visit.ns,
        family: way.family,
        to,
        ...(came === undefined ? {} : { from: shapeIn(visit)?.from, iif: device?.master ?? came.iface }),
      };
      const answer = await chosenRoute(client, question);
      return answer === undefined ? [] : [[visit, answer]];
    }),
  );
  return new Map(answers.flat());
}

/** The last hop of a direction in which it did not arrive. */
function markLost(hops: readonly AboutHop[], { trace }: Investigation): readonly AboutHop[] {
  const { outcome } = trace.probe;
  if (outcome === "open" || outcome === "refused" || outcome === "reset" || hops.some(({ lost }) => lost === true))
    return hops;
  return hops.map((hop, i) => (i === hops.length - 1 ? { ...hop, lost: true as const } : hop));
}

function packetVerdict({ probe }: TraceResult): string {
  const { outcome, error, ms, hostname } = probe;
  const by = hostname === undefined ? "" : `, answered by ${hostname}`;
  const why = error === undefined ? "" : ` (${error})`;
  if (probe.unanswered === true) return "arrived; no answer was seen, and none is expected";
  if (outcome === "open") return `arrived${by}, ${ms.toFixed(1)} ms`;
  return outcome === "timeout" ? "lost" : `${outcome}${why}`;
}

/** What Kubernetes and the installed rules say: of the Service that is asked, and of the policies. */
async function verdicts(
  { lab, client }: StoryContext,
  { from, probe, held }: StoryQuestion,
  { trace, way }: Investigation,
): Promise<{ kubernetes?: string; rules?: string }> {
  const address = trace.probe.address ?? probe.to;
  const cluster = clusterTowards(lab, { node: nodeOf(lab, probe.ns) }, address);
  const isKnown = held === undefined || Object.values(from.addresses).includes(held.sender);
  if (cluster === undefined || probe.kind === "ping" || !isKnown) return {};
  const protocol = probe.kind === "dns" ? probe.protocol : probe.kind === "http" ? "tcp" : probe.kind;
  const kubernetes: string[] = [];
  const rules: string[] = [];
  const isNode = cluster.nodes.some((node) => node.address[way.family] === address);
  const isService = cluster.services.some(
    (service) =>
      [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)].includes(
        address,
      ) ||
      (isNode && service.ports.some(({ nodePort }) => nodePort === probe.port)),
  );
  if (isService) {
    const place = await serviceCase({ client, lab }, { port: probe.port, protocol }, from, address, way.family);
    if (!("problem" in place)) {
      kubernetes.push(formatVerdict(verdictOf(decide(place.input, place.packet))));
      const ways = await followRules(client, place.node.name, engineOf(place.input.proxy), place.packet);
      rules.push(formatVerdict(verdictOfWays(ways)));
    }
  }
  const to: Target = { text: address, ns: address, node: "", addresses: { [way.family]: address }, cause: from.cause };
  const policy = policyVerdict(lab, from, to, protocol, probe.port, way.family);
  if (policy === undefined) kubernetes.push("no policy has a say");
  else {
    const startedAt = BigInt(Date.now()) * 1_000_000n;
    const read = await readPolicyRules({ lab, client, startedAt }, [policy], way.family, true);
    kubernetes.push(`policies: ${formatPolicies(policy)}`);
    rules.push(`policies: ${rulesVerdict(policy, read)?.text ?? "not read"}`);
  }
  return { kubernetes: kubernetes.join("; "), ...(rules.length === 0 ? {} : { rules: rules.join("; ") }) };
}
