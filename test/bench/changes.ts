/**
 * How long after a change has been sent to a lab's agent packets go the new way: to and fro between two states of a running
 * lab, with one new flow each millisecond. Prints JSON, milliseconds. As root:
 *   node test/bench/changes.ts LAB BEFORE.yaml AFTER.yaml FROM ADDRESS:PORT TO-BEFORE TO-AFTER [ROUNDS=10]
 * FROM, TO: namespaces of pods; TO is where the packets arrive in this state, or `-` where they do not.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAgent } from "../../src/agent/connect.ts";
import { packOperations } from "../../src/agent/packed-operations.ts";
import { socketPath, stateParent } from "../../src/agent/state-folder.ts";
import { must } from "../../src/kernel/libc.ts";
import { encodeSockaddr } from "../../src/kernel/sockaddr.ts";
import { enterNetns, openNetns } from "../../src/kernel/netns.ts";
import {
  bindSocket,
  closeSocket,
  connectSocket,
  openSocket,
  AF_INET,
  receiveSocket,
  sendSocket,
  SOCK_DGRAM,
} from "../../src/kernel/socket.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planChange } from "../../src/plan/plan-operations.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { netnsName } from "../../src/net/netns-name.ts";

const [lab = "", before = "", after = "", from = "", to = "", podBefore = "", podAfter = "", rounds = "10"] =
  process.argv.slice(2);
const [address = "", port = "0"] = to.split(":");
/** Milliseconds without news after which a state counts as reached. */
const QUIET = 150;

function resourcesOf(file: string): readonly Resource[] {
  return planResources(loadLabText(readFileSync(file, "utf8"), "lab.yaml").lab);
}

const states = [resourcesOf(before), resourcesOf(after)] as const;

function inPod<T>(pod: string, inside: () => T): T {
  const home = states[0].find((one) => one.kind === "netns" && one.ns === pod);
  if (home?.kind !== "netns") throw new Error(`no namespace ${pod}`);
  return enterNetns(openNetns(netnsName(lab, home)), inside);
}

/** A socket on which packets arrive; undefined for `-`. */
function receiver(pod: string): number | undefined {
  if (pod === "-") return undefined;
  return inPod(pod, () => {
    const fd = must("socket", openSocket(AF_INET, SOCK_DGRAM));
    must("bind", bindSocket(fd, encodeSockaddr("0.0.0.0", Number(port))));
    return fd;
  });
}

const receivers = [receiver(podBefore), receiver(podAfter)] as const;
const target = encodeSockaddr(address, Number(port));
const buffer = Buffer.from(new ArrayBuffer(64));

/** One packet of a new flow. */
function send(): void {
  const fd = inPod(from, () => openSocket(AF_INET, SOCK_DGRAM));
  if (connectSocket(fd, target) >= 0) sendSocket(fd, Buffer.from("x"));
  closeSocket(fd);
}

function drain(fd: number | undefined): boolean {
  let some = false;
  if (fd !== undefined) while (receiveSocket(fd, buffer) >= 0) some = true;
  return some;
}

const client = await connectAgent(socketPath(stateParent(), lab));
if (client === null) throw new Error(`lab ${lab} is not up`);
const stored = await client.call("stored", {});
if (stored === null) throw new Error(`lab ${lab} is not up`);

/** From state `index` to the other one. */
async function change(index: 0 | 1): Promise<{ reply: number; way: number; operations: number }> {
  const other = index === 0 ? 1 : 0;
  const plan = planChange(lab, states[index], states[other]);
  await client?.call("lock", { purpose: "bench" });
  drain(receivers[0]);
  drain(receivers[1]);
  let reply = Number.NaN;
  let last = Number.NaN;
  let first = Number.NaN;
  const operations = packOperations(plan.operations);
  const start = performance.now();
  const applied = (client as NonNullable<typeof client>).call("apply", { operations, mode: "converge", keep: true });
  void applied.then(() => (reply = performance.now() - start));
  while (!(performance.now() - start > QUIET && reply + QUIET < performance.now() - start)) {
    send();
    await sleep(1);
    const now = performance.now() - start;
    if (drain(receivers[index])) last = now;
    if (drain(receivers[other]) && Number.isNaN(first)) first = now;
  }
  const { failures } = await applied;
  if (failures.length > 0) throw new Error(JSON.stringify(failures).slice(0, 1000));
  await client?.call("commit", { stored: stored as NonNullable<typeof stored> });
  const way = receivers[other] === undefined ? last : first;
  if (Number.isNaN(way)) throw new Error("the packets never went the new way");
  return { reply, way, operations: plan.operations.length };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const results: Awaited<ReturnType<typeof change>>[] = [];
await change(0); // what is loaded late is there from now on
await change(1);
for (let round = 0; round < Number(rounds); round++) results.push(await change(0), await change(1));
const ways = results.map(({ way }) => way);
console.log(
  JSON.stringify({
    way: median(ways),
    best: Math.min(...ways),
    worst: Math.max(...ways),
    reply: median(results.map(({ reply }) => reply)),
    operations: results[0]?.operations,
  }),
);
process.exit();
