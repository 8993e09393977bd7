/** What one network does with one connection: a traced packet, then some that are timed. */
import type { AgentClient } from "../../agent/client.ts";
import { askedChecks } from "../../checks/asked-checks.ts";
import { runChecks } from "../../checks/run-checks.ts";
import { largest, type Trial } from "../../checks/mtu/largest.ts";
import { SMALLEST_MTU } from "../../checks/mtu/resolve.ts";
import { trialOf } from "../../checks/mtu/run.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Hop, PacketStory } from "../../story/packet-story.ts";
import type { StoryQuestion } from "../../story/tell.ts";
import { tellStory } from "../../story/tell.ts";
import { formatNamespace } from "../../net/place.ts";
import { splitHostPort } from "../../net/host-port.ts";
import { isServiceText } from "../../targets/service-target.ts";
import { storyQuestion } from "../story-question.ts";
import type { Way } from "./ways.ts";

export interface WayFigures {
  readonly way: Way;
  /** `open`, `timeout`, … */
  readonly outcome: string;
  /** The address that the other end sees; absent: it did not arrive. */
  readonly source?: string | undefined;
  /** `node1: cali1 →`, in order. */
  readonly devices: readonly string[];
  /** How many devices of the lab saw it on its way there. */
  readonly hops: number;
  /** At the other end. */
  readonly ttl?: number | undefined;
  /** The largest packet that gets there and back, in bytes; of a Service the smallest MTU of the devices on the way. */
  readonly mtu?: number | undefined;
  /** Bytes that tunnels put around it. */
  readonly encapsulation: number;
  /** Rules with which the first packet and its answer were compared. */
  readonly rules: number;
  /** Milliseconds from the first packet of a connection to the answer, the median; absent: no answer. */
  readonly ms?: number | undefined;
  /** By iperf3, `9.1 Gbit/s`, or why it was not measured; absent: not asked. */
  readonly throughput?: string | undefined;
}

interface Place {
  readonly client: AgentClient;
  readonly lab: Lab;
  readonly signal: AbortSignal;
}

const PATIENCE = 1000;
const CONNECTIONS = 9;
const TRACES = 6;
/** Bytes of the headers of IP and ICMP. */
const HEADERS = { ipv4: 20 + 8, ipv6: 40 + 8 } as const;

const there = ({ hops }: PacketStory): readonly Hop[] =>
  hops.filter(({ way, kind }) => way === "there" && kind === "device");

/** Bytes around the packet, at the hop where tunnels add most. */
function encapsulationOf(hops: readonly Hop[]): number {
  return Math.max(
    0,
    ...hops.map(({ outer, bytes }) => (outer?.[0] === undefined ? 0 : outer[0].length - (bytes ?? 0))),
  );
}

export async function measureWay(place: Place, way: Way): Promise<WayFigures> {
  const { client, lab, signal } = place;
  const question = storyQuestion(lab, way.from, way.to, { timeout: PATIENCE }, "a comparison");
  const { probe } = question;
  const story = await tellFar(place, way, question);
  const devices = there(story);
  const last = devices.at(-1);
  const arrived = story.result.outcome === "open";
  const source = last?.packet?.split(" → ")[0];
  const times: number[] = [];
  const connections = arrived ? CONNECTIONS : 0;
  for (let i = 0; i < connections && !signal.aborted; i++) {
    const { results } = await client.call("probe", { probes: [probe] });
    const [result] = results;
    if (result?.outcome === "open") times.push(result.ping?.rttMs ?? result.ms);
  }
  const smallest = Math.min(...devices.flatMap(({ mtu }) => mtu ?? []));
  return {
    way,
    outcome: story.result.outcome,
    ...(arrived && source !== undefined ? { source: story.result.sourceIP ?? withoutPort(source) } : {}),
    devices: devices.map(({ ns, at }) => `${formatNamespace(ns)}: ${at}`),
    hops: devices.length,
    ...(arrived && last?.ttl !== undefined ? { ttl: last.ttl } : {}),
    ...(arrived && Number.isFinite(smallest) ? { mtu: await pathMtu(place, probe, way, smallest) } : {}),
    encapsulation: encapsulationOf(devices),
    rules: story.tested,
    ...(arrived && way.throughput === true ? { throughput: await throughputOf(place, way) } : {}),
    ...(times.length === 0 ? {} : { ms: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0 }),
  };
}

/** An endpoint on the client's own node shows little of the network: of a Service another one is traced, as far as there is one. */
async function tellFar({ client, lab }: Place, { apart }: Way, question: StoryQuestion): Promise<PacketStory> {
  for (let tries = 1; ; tries++) {
    const story = await tellStory({ client, lab }, question);
    const end = there(story).at(-1)?.ns;
    if (apart === undefined || tries === TRACES || (end !== undefined && apart.includes(end))) return story;
  }
}

/** A throughput check of one second, as a lab file may have it. */
async function throughputOf({ client, lab, signal }: Place, { from, to }: Way): Promise<string> {
  const target = to.replace(/:\d+$/, "");
  const checks = askedChecks(
    lab,
    [{ name: "throughput", from, throughput: target, seconds: 1, expect: { min: "1bit" } }],
    "a comparison",
  );
  const own = { ...lab, checks, captures: [] };
  const [result] = await runChecks(own, client, () => undefined, { signal, brief: true });
  return result?.reason ?? result?.got ?? "not measured";
}

/** `10.0.0.1:4711`, `[fd00::1]:4711`; of a ping without a port. */
function withoutPort(text: string): string {
  return /^\[|^[^:]*:\d+$/.test(text) ? splitHostPort(text).address : text;
}

/** Real packets decide, but behind a Service's address nothing answers pings. */
async function pathMtu(
  { client, signal }: Place,
  probe: StoryQuestion["probe"],
  { to }: Way,
  most: number,
): Promise<number> {
  if (isServiceText(to.replace(/:\d+$/, ""))) return most;
  const family = probe.to.includes(":") ? "ipv6" : "ipv4";
  const attempt = async (bytes: number): Promise<Trial> => {
    const size = bytes - HEADERS[family];
    const ping = {
      kind: "ping",
      ns: probe.ns,
      to: probe.to,
      timeout: PATIENCE,
      family,
      count: 1,
      size,
      df: true,
    } as const;
    const { results } = await client.call("probe", { probes: [ping] });
    return results[0] === undefined ? { holds: false } : trialOf(results[0]);
  };
  const whole = await attempt(most);
  return whole.holds ? most : largest(SMALLEST_MTU, most, whole, attempt, () => signal.aborted);
}
