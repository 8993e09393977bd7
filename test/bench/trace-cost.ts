/**
 * What traces cost a running lab. Prints JSON, milliseconds and Mbit/s. As root:
 *   node test/bench/trace-cost.ts LAB FROM ADDRESS SERVER-NETNS CLIENT-NETNS SERVER-ADDRESS NODE,… [ROUNDS=10]
 * FROM asks ADDRESS:80 over and over; CLIENT sends to SERVER with iperf3, by turns with traces and without.
 */
import { execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { connectAgent } from "../../src/agent/connect.ts";
import { socketPath, stateParent } from "../../src/agent/state-folder.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";

const [lab = "", ns = "", to = "", server = "", client = "", address = "", nodes = "", rounds = "10"] = process.argv.slice(2); // prettier-ignore
const connected = await connectAgent(socketPath(stateParent(), lab));
if (connected === null) throw new Error(`${lab} is not up`);
const agent = connected;
const probe: Probe = { kind: "tcp", ns, to, port: 80, timeout: 1000 };
const run = promisify(execFile);
/** Milliseconds from one trace to the next: about as fast as commands follow one another. */
const BETWEEN = 200;

/** Milliseconds of the agent, and of the packet's own round trip. */
async function trace(): Promise<{ readonly whole: number; readonly trip: number }> {
  const begin = performance.now();
  const { probe: result, sightings, rules = [] } = await agent.call("trace", { probe, rules: nodes.split(",") });
  const whole = performance.now() - begin;
  if (result.outcome !== "open" || rules.length === 0) throw new Error(`${result.outcome}, ${rules.length} rules`);
  const last = sightings.at(-1);
  return { whole, trip: Math.max(result.ms, ((last?.atNs ?? 0) - (sightings[0]?.atNs ?? 0)) / 1e6) };
}

async function transfer(): Promise<number> {
  const argv = ["netns", "exec", client, "iperf3", "-J", "-c", address, "-p", "5301", "-t", "1", "-O", "0.2"];
  const { stdout } = await run("ip", argv, { maxBuffer: 1 << 24 });
  const { end } = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  return end.sum_received.bits_per_second / 1e6;
}

async function transferWithTraces(): Promise<number> {
  const done = new AbortController();
  const rate = transfer().finally(() => done.abort());
  let count = 0;
  while (!done.signal.aborted) {
    const pause = sleep(BETWEEN);
    await trace();
    await pause;
    count++;
  }
  traces.push(count);
  return rate;
}

const traces: number[] = [];
const listening = spawn("ip", ["netns", "exec", server, "iperf3", "-s", "-p", "5301"], { stdio: "ignore" });
try {
  await trace();
  const times = [];
  for (let i = 0; i < Number(rounds); i++) times.push(await trace());
  const quiet: number[] = [];
  const traced: number[] = [];
  await sleep(300);
  for (let i = 0; i < Number(rounds); i++) {
    quiet.push(await transfer());
    traced.push(await transferWithTraces());
  }
  console.log(JSON.stringify({ times, quiet, traced, traces }));
} finally {
  listening.kill();
  agent.close();
}
