/**
 * Why a check's packet did not do what was expected: it is sent once more while capturing on every device of the lab, and
 * before guessing, the kernel is asked what differs from the lab file on its way, which rule dropped it, and what
 * routing and neighbours do with it where it was last seen. An unknown cause is reported as unknown.
 */
import type { AgentClient } from "../agent/client.ts";
import type { Methods } from "../agent/protocol.ts";
import { addressesOf } from "../resources/definitions.ts";
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { Sighting, TraceResult } from "../services/trace/protocol.ts";
import { describeLastSeen, furthest, OTHER_MAC } from "../services/trace/last-seen.ts";
import { parseAddress } from "../net/address.ts";
import type { Lab } from "../lab/lab.ts";
import type { ObservedState } from "../resources/observed.ts";
import { differencesOnWay, formatFact, listFacts, type Difference } from "./differences.ts";
import { deniedBy, droppedAt, droppedBy, lastSeenText } from "./dropped-by.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { Fact } from "./fact.ts";
import { faultsOnWay } from "./faults-on-way.ts";
import { LabGraph } from "./lab-graph.ts";
import { packetWay } from "./packet-way.ts";
import type { PacketWay } from "./packet-way.ts";
import { askProgress, isProved } from "./proof.ts";
import { listAll, ruledNamespaces, rulesOnWay, withRules } from "./rule-listings.ts";
import { dropCounters, risenCounters } from "./risen-counters.ts";
import type { RisenCounter } from "./risen-counters.ts";
import { problemAt, wrongNeighbour, wrongTunnel } from "./standstill.ts";
import type { WrongNeighbour } from "./standstill.ts";
import { sysctlsOf } from "./way-sysctls.ts";
import { foreignOnWay } from "./foreign-on-way.ts";
import { clusterOfNamespace, clusterTowards, nodeOf } from "../cluster/lab-clusters.ts";

/** The findings about one packet. */
export interface LossStory {
  /** What differs from the lab file on the packet's way. */
  readonly differs?: string | undefined;
  /** What dropped it, by name and line. */
  readonly dropped?: string | undefined;
  readonly lastSeen?: string | undefined;
  readonly sightings?: readonly Sighting[] | undefined;
  /** It is the lab's state, not a moment's: waiting longer changes nothing. */
  readonly proved: boolean;
  /** Sent once more, it arrived. */
  readonly arrived?: boolean | undefined;
}

/** One packet that was sent and traced, with what was found on its way. */
export interface Investigation {
  readonly story: LossStory;
  readonly trace: TraceResult;
  readonly way: PacketWay;
  /** The namespaces on its way, as they were when it had passed. */
  readonly observed: ObservedState;
  readonly differences: readonly Difference[];
  /** What is not of the lab and may concern it. */
  readonly foreign: readonly Fact[];
  /** What faults that were injected do on its way. */
  readonly faults: readonly Fact[];
  /** The rules of these namespaces, behind the packet. */
  readonly listings: ReadonlyMap<string, RuleListing>;
  /** Of a lost packet whose rules were traced: what was counted meanwhile. */
  readonly counters: readonly RisenCounter[];
}

/** How the check describes the packet. */
export interface LossQuestion {
  /** It expects that nothing comes through. */
  readonly negative: boolean;
  /** Milliseconds that it waits at most. */
  readonly patience: number;
  /** With the rules that it met. */
  readonly traceRules?: boolean | undefined;
  /** With the bytes of its packets. */
  readonly packets?: boolean | undefined;
  /** It is a packet of others, which waits: see heldRules(). */
  readonly held?: (NonNullable<Methods["trace"]["params"]["held"]> & { readonly rules: readonly string[] }) | undefined;
}

export interface LossContext {
  readonly lab: Lab;
  readonly client: AgentClient;
  readonly startedAt: bigint;
  readonly note: (text: string) => void;
}

type DnsProbe = Extract<Probe, { readonly kind: "dns" }>;
type ProbeOutcome = Pick<ProbeResult, "address" | "outcome" | "error">;

/** Nothing is known but the way that it should go. */
const NOT_TRACED: TraceResult = {
  probe: { outcome: "timeout", ms: 0 },
  sightings: [],
  icmpErrors: [],
  denials: [],
  unanswered: [],
};
/** Longest that a trace may take: a probe's own timeout and the time to start listening. */
const MARGIN = 3000;

interface World {
  readonly run: bigint;
  readonly state: Promise<{ readonly applied: ObservedState["applied"]; readonly graph: LabGraph }>;
}
const worlds = new WeakMap<AgentClient, World>();

/** The lab's resources, computed once in a run. */
function worldOf({ client, startedAt }: LossContext): World["state"] {
  const known = worlds.get(client);
  if (known?.run === startedAt) return known.state;
  const state = client.observe({ namespaces: [] }).then(({ applied }) => ({
    applied,
    graph: new LabGraph(Object.values(applied)),
  }));
  worlds.set(client, { run: startedAt, state });
  return state;
}

/** Where rules are traced for a packet of which nothing is known yet; and what is needed once it is there. */
export async function heldRules(context: LossContext): Promise<readonly string[]> {
  const { applied } = await worldOf(context);
  return [...withRules({ namespaces: {}, applied, iptablesAfterApply: {}, running: [] }, applied)];
}

/** Undefined when it cannot be determined (the agent cannot listen, or the probe is not traceable). */
export async function investigateLoss(
  context: LossContext,
  probe: Probe,
  question: LossQuestion,
): Promise<LossStory | undefined> {
  try {
    return ((await investigateName(context, probe, question)) ?? (await investigatePacket(context, probe, question)))
      .story;
  } catch {
    return undefined; // the check's own finding matters more than why it could not be traced
  }
}

/** Where the name of the destination is not resolved, the query's way matters. Undefined: it is resolved, or is an address. */
async function investigateName(
  context: LossContext,
  probe: Probe,
  question: LossQuestion,
): Promise<Investigation | undefined> {
  const query = queryFor(context, probe);
  if (query === undefined) return undefined;
  const { results } = await context.client.call("probe", { probes: [probe] });
  const [result] = results;
  if (result === undefined || !isUnresolved(result)) return undefined;
  return investigateQuery(context, query, question, result);
}

/** What the sender asks the cluster's DNS first. Undefined: the destination is an address, or there is no such DNS. */
function queryFor({ lab }: LossContext, { ns, pod, to, timeout }: Probe): DnsProbe | undefined {
  const { dns } = clusterOfNamespace(lab, ns) ?? {};
  const server = dns?.clusterIP.ipv4 ?? dns?.clusterIP.ipv6;
  if (server === undefined || dns?.enabled !== true || parseAddress(to) !== undefined) return undefined;
  const place = pod === undefined ? { ns } : { ns, pod };
  return { kind: "dns", ...place, to: server, port: 53, timeout, protocol: "udp", query: to, type: "A" };
}

function isUnresolved({ address, outcome }: ProbeOutcome): boolean {
  return address === undefined && outcome !== "open";
}

/** `unresolved`: what the sender's resolver said. It may ask another server, by a changed resolv.conf. */
async function investigateQuery(
  context: LossContext,
  query: DnsProbe,
  question: LossQuestion,
  { error = "" }: ProbeOutcome,
): Promise<Investigation> {
  const to = / from nameserver (\S+)$/.exec(error)?.[1] ?? query.to;
  const found = await investigatePacket(context, { ...query, to }, question);
  const { arrived, lastSeen = "not seen" } = found.story;
  const unresolved = `the name was not resolved${error === "" ? "" : ` (${error})`}`;
  const text =
    arrived === true
      ? `${unresolved}; a query to ${to} was answered when it was sent again`
      : `the name was not resolved; its query to ${to}: ${lastSeen}`;
  return { ...found, story: { ...found.story, lastSeen: text } };
}

/** Sends a packet, and finds out what became of it. Rejects when the agent cannot listen. */
export async function investigatePacket(
  context: LossContext,
  probe: Probe,
  question: LossQuestion,
): Promise<Investigation> {
  const { client, lab } = context;
  const begun = await askProgress(client);
  const { graph, applied } = await worldOf(context);
  const sources = Object.values(applied)
    .flatMap(addressesOf)
    .flatMap(({ ns, address }) => (ns === probe.ns ? [address.split("/")[0] ?? ""] : []));
  const cluster = clusterTowards(lab, { node: nodeOf(lab, probe.ns) }, probe.to);
  const expected = packetWay(graph, cluster, probe, { probe: { outcome: "timeout", ms: 0 }, sightings: [] }, sources);
  const { held } = question;
  // A held packet does not wait for what only matters to lost ones.
  const ruled = held === undefined ? await ruledNamespaces(client, expected, applied) : new Set(held.rules);
  const counting = question.traceRules === true && held === undefined;
  const countDrops = async (): ReturnType<typeof dropCounters> =>
    counting ? dropCounters(client, expected.namespaces) : {};
  const [before, dropsBefore] = await Promise.all([
    held === undefined ? listAll(client, expected, ruled, true) : new Map<string, RuleListing>(),
    countDrops(),
  ]);
  const passed = rulesOnWay(ruled, expected, [nodeOf(lab, probe.ns)], probe.to);
  const rules = held?.rules ?? (question.traceRules === true ? passed : undefined);
  const asked = { probe, rules, packets: question.packets, held };
  // A check that waits has better things to do; who asks for the story wants it.
  const traced = await (question.traceRules === true ? client.call("trace", asked) : tracedInTime(client, asked));
  // A name may be resolved once, and the next time its query is lost.
  const query = queryFor(context, probe);
  const counters = traced?.probe.outcome === "open" ? [] : risenCounters(dropsBefore, await countDrops());
  if (query !== undefined && traced !== undefined && isUnresolved(traced.probe))
    return investigateQuery(context, query, question, traced.probe);
  const trace = traced ?? NOT_TRACED;
  const anyEndpoint = trace.probe.outcome === "open" && !question.negative;
  const way = packetWay(graph, cluster, probe, trace, sources, anyEndpoint);
  const wants = { namespaces: way.namespaces, sysctls: sysctlsOf(way, applied) };
  const observed = await client.observe(wants);
  const after = await listAll(client, way, withRules(observed, applied));
  const differences = differencesOnWay(observed, way);
  const foreign = await foreignOnWay(client, observed, way, after);
  const sent = furthest(trace.sightings.filter(({ forward }) => forward));
  const place = furthest(trace.sightings.filter(({ forward }) => !forward)) ?? sent;
  const lost = trace.probe.outcome !== "open";
  // A refusing rule answers itself: it is where the packet was last seen.
  const places = new Set([place?.ns ?? probe.ns, sent?.ns ?? probe.ns]);
  const dropping = lost ? [...places].flatMap((ns) => droppedAt(ns, way, before, after, observed)) : [];
  const denied = lost ? deniedBy(lab, trace, dropping) : undefined;
  const dropped = denied ?? (lost ? droppedBy(dropping) : undefined);
  const problem =
    lost && dropped === undefined && traced !== undefined
      ? (wrongTunnel(expected, place) ?? (await problemAt(context, { graph, probe, trace, place, way, observed })))
      : undefined;
  const facts = [...differences, ...foreign].map(formatFact);
  if (facts.length === 0 && place !== undefined) await forgetOutdated(context, wrongNeighbour(graph, way, observed));
  const story: LossStory = {
    differs: listFacts(facts),
    dropped,
    lastSeen:
      traced === undefined
        ? undefined
        : lastSeenText(
            describeLastSeen(trace, probe.ns, question.negative),
            problem,
            facts.length > 0 || dropped !== undefined,
          ),
    sightings: trace.sightings,
    arrived: !lost,
    proved: isProved({
      ...question,
      before: begun,
      after: await askProgress(client),
      trace,
      way,
      observed,
      differences,
      foreign: foreign.length > 0,
      denied: denied !== undefined,
      dropped: dropped !== undefined,
      // A learnt MAC is requested again after a while.
      explained: problem !== undefined && place?.packet.endsWith(OTHER_MAC) !== true,
    }),
  };
  return {
    story,
    trace,
    way,
    observed,
    differences,
    foreign,
    counters,
    listings: after,
    faults: faultsOnWay(lab, observed, way, { before, after }),
  };
}

/** Where nothing differs from the file, the MAC was learnt when something did: it would be used for half a minute. */
async function forgetOutdated({ client, note }: LossContext, wrong: WrongNeighbour | undefined): Promise<void> {
  if (wrong?.learnt !== true) return;
  const { ns, address, dev, text } = wrong;
  const argv = ["ip", "neigh", "del", address, "dev", dev];
  const { exitCode } = await client.call("run", { ns, argv, timeout: MARGIN });
  if (exitCode === 0) note(`${text}: that neighbour entry was out of date and has been deleted`);
}

async function tracedInTime(client: AgentClient, asked: Methods["trace"]["params"]): Promise<TraceResult | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), asked.probe.timeout + MARGIN);
  try {
    return await Promise.race([client.call("trace", asked), late]);
  } finally {
    clearTimeout(timer);
  }
}
