/** Runs probes of any kind and returns their outcomes, in the order of the probes. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import { randomBytes } from "../../kernel/random.ts";
import { literalFamily } from "../../kernel/sockaddr.ts";
import type { TargetPlace } from "../../net/place.ts";
import type { Probe, ProbeResult } from "./protocol.ts";
import type { Attempt, AttemptTarget, AttemptResult, ProbeMarks } from "./attempt.ts";
import { Batch, Job } from "./batch.ts";
import { isListeningForDenials, forgetFlow, watchFlow } from "./denials.ts";
import { dnsAttempt } from "./dns-probe.ts";
import { endOfAddress, endOfSockaddr } from "./flow.ts";
import { HttpDialogue } from "./http-probe.ts";
import { HttpsAttempt } from "./https-attempt.ts";
import { PingAttempt } from "./ping-attempt.ts";
import { NamedAttempt, type Lookup } from "./named-attempt.ts";
import { SctpAttempt } from "./sctp-probe.ts";
import { StreamAttempt } from "./stream-attempt.ts";
import { TcpDialogue } from "./tcp-probe.ts";
import { DatagramAttempt, UdpExchange } from "./udp-probe.ts";

export interface ProbeOptions {
  /** Upper bound of probes in flight; file descriptors may bound it further. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Content of the place's resolv.conf and hosts file. */
  readonly resolvConf?: ((place: TargetPlace) => string | undefined) | undefined;
  readonly hosts?: ((place: TargetPlace) => string | undefined) | undefined;
}

/** For a trace: known values in the packets, and the local port as soon as it is known. */
export interface Marking {
  readonly marks: ProbeMarks;
  readonly onLocalPort: (port: number) => void;
}

/** From this many probes on, TCP connections are closed by RST. */
const ABORTIVE_FROM = 256;
/** Processes of ping at a time. */
const MAX_PINGS = 32;

/** Never rejects because of what the network does; rejects with what `netns` throws for an unknown namespace. */
export async function runProbes(
  probes: readonly Probe[],
  netns: (ns: string) => NetnsHandle,
  options: ProbeOptions = {},
  marking?: Marking,
): Promise<ProbeResult[]> {
  const tokens = `${randomBytes(8).toString("hex")}-`;
  const abortive = probes.length >= ABORTIVE_FROM;
  const listening = isListeningForDenials();
  const begin = (job: Job, finish: (finding: AttemptResult) => void): Attempt => {
    const { probe, index } = job;
    const make = (address: string, done: (finding: AttemptResult) => void): Attempt => {
      const port = "port" in probe ? probe.port : 0;
      const target = { address, port, abortive, ...(listening ? sourceOf(job, address, port) : {}), ...marking };
      return attemptOf(probe, target, tokens + index, done);
    };
    return literalFamily(probe.to) === undefined
      ? new NamedAttempt(job, make, lookupOf(job, options), finish)
      : make(probe.to, finish);
  };
  const jobs = probes.map((probe, index) => new Job(probe, index, netns(probe.ns)));
  const results = Array<ProbeResult>(probes.length);
  let done = 0;
  const onResult = (job: Job, result: ProbeResult): void => {
    results[job.index] = result;
    options.onProgress?.(++done);
  };
  const isPing = (job: Job): boolean => job.probe.kind === "ping";
  const pings = new Batch(jobs.filter(isPing), begin, onResult, Math.min(MAX_PINGS, options.concurrency ?? MAX_PINGS));
  const others = new Batch(
    jobs.filter((job) => !isPing(job)),
    begin,
    onResult,
    options.concurrency,
  );
  await Promise.all([pings.run(), others.run()]);
  return results;
}

/** Ends the job when its packet is denied. A rule's log is not an answer of the network: the finding is a timeout, only earlier. */
function sourceOf(job: Job, address: string, port: number): Pick<AttemptTarget, "onSource"> {
  return {
    onSource: (protocol, source) => {
      if (job.flow !== undefined) forgetFlow(job.flow);
      const ends = { from: endOfSockaddr(protocol, source), to: endOfAddress(protocol, address, port) };
      job.flow = watchFlow(ends, (words) => {
        job.denied = words;
        job.attempt?.expire();
      });
    },
  };
}

/** How the names of a job's namespace are resolved. */
function lookupOf(job: Job, options: ProbeOptions): Lookup {
  return { hosts: options.hosts?.(job.probe), resolvConf: options.resolvConf?.(job.probe) };
}

function attemptOf(
  probe: Probe,
  target: AttemptTarget,
  token: string,
  finish: (finding: AttemptResult) => void,
): Attempt {
  const { marks } = target;
  switch (probe.kind) {
    case "tcp":
      return new StreamAttempt(target, new TcpDialogue(probe.patience), finish);
    case "http":
      return probe.tls === undefined
        ? new StreamAttempt(target, new HttpDialogue(probe), finish)
        : new HttpsAttempt(probe, target, finish);
    case "udp":
      return new DatagramAttempt(target, new UdpExchange(marks?.token ?? token), finish);
    case "sctp":
      return new SctpAttempt(target, finish);
    case "dns":
      return dnsAttempt(probe, target, finish);
    case "ping":
      return new PingAttempt(probe, target, finish);
  }
}
