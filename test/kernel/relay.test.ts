/** The relay in place of netem: what it does with packets, what they look like afterwards, and that nothing of it outlives its agent. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { FaultDocument } from "../../src/faults/schema.ts";
import { FrameReceiver, FrameSender } from "../../src/kernel/packet-socket.ts";
import { closeNetns, openNetns } from "../../src/kernel/netns.ts";
import { injectFault, undoFaults } from "../../src/live/faults.ts";
import type { World } from "../../src/live/stored-view.ts";
import { UNTOUCHED } from "../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { planChange } from "../../src/plan/plan-operations.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { eventually } from "../wait.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `late-${process.pid}`;
const { lab } = loadLabText(
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec:
  topology:
    nodes:
      red: { interfaces: { eth0: { addresses: [10.0.0.1/24, "fd00::1/64"] } } }
      blue: { interfaces: { eth0: { addresses: [10.0.0.2/24, "fd00::2/64"] } } }
    links: [{ endpoints: ["red:eth0", "blue:eth0"] }]
`,
  "relay.yaml",
);
const healthy = planResources(lab);
let client: AgentClient;
let ids: readonly string[] = [];
let now: readonly Resource[] = healthy;

const inside = (ns: string, ...argv: readonly string[]): readonly string[] => [
  "nsenter",
  `--net=/run/netns/${LAB}.${ns}`,
  ...argv,
];
function run(ns: string, ...argv: readonly string[]): string {
  const [program = "", ...rest] = inside(ns, ...argv);
  const { stdout, stderr } = spawnSync(program, rest, { encoding: "utf8", timeout: 30_000 });
  return stdout + stderr;
}
const ping = (...more: readonly string[]): string => run("red", "ping", "-q", "-W2", ...more, "10.0.0.2");
const received = (text: string): number => Number(/(\d+) received/.exec(text)?.[1]);
const least = (text: string): number => Number(/min\/avg.* = ([\d.]+)\//.exec(text)?.[1]);

function broken(...docs: readonly object[]): readonly Resource[] {
  const world = { lab, lacks: new Set(["netem"]) } as unknown as World;
  const live = docs.reduce(
    (before: typeof UNTOUCHED, said) =>
      injectFault({ netem: { at: "red/eth0", ...said } } satisfies FaultDocument)(before, world),
    UNTOUCHED,
  );
  return planResources({ ...lab, injected: live.faults ?? [] });
}

async function change(to: readonly Resource[]): Promise<void> {
  const { operations } = planChange(LAB, now, to);
  const { failures } = await client.call("apply", { operations, mode: "converge", keep: true });
  expect(failures).toEqual([]);
  now = to;
  await client.call("settled", {});
}

beforeAll(async () => {
  client = await up(getDriver("netns"), LAB, healthy);
  ids = agentIds(LAB);
  expect(
    await eventually(
      () => received(ping("-c1")),
      (one) => one === 1,
    ),
  ).toBe(1);
}, 30_000);
afterAll(async () => {
  await down(client);
  expect(leftovers(LAB, ids)).toEqual([]);
});

test("delay, both ways; the later fault of a device counts; undone, it is as before", { timeout: 60_000 }, async () => {
  const links = (): string => run("red", "ip", "-o", "link") + run("blue", "ip", "-o", "link");
  const before = await eventually(links, (text) => text.split("state UP").length === 3);
  await change(broken({ delay: "30ms" }));
  expect(least(ping("-c3", "-i0.1"))).toBeGreaterThanOrEqual(30);
  expect(least(ping("-c3", "-i0.1"))).toBeLessThan(60);
  await change(broken({ delay: "30ms", direction: "both" }));
  expect(least(ping("-c3", "-i0.1"))).toBeGreaterThanOrEqual(60);
  expect(run("blue", "ip", "-o", "link")).toContain("relay-eth0");
  // It belongs to the lab: no difference, nothing foreign.
  expect((await differences(client, LAB, now)).operations).toEqual([]);
  await change(broken({ delay: "300ms" }, { delay: "5ms" }));
  expect(least(ping("-c3", "-i0.1"))).toBeLessThan(60);
  await change(healthy);
  await change(healthy);
  expect(least(ping("-c20", "-i0.01"))).toBeLessThan(5);
  expect(links()).toBe(before);
  expect(run("red", "nft", "list", "tables") + run("blue", "nft", "list", "tables")).toBe("");
  expect((await differences(client, LAB, healthy)).operations).toEqual([]);
});

test("loss, duplicates, reordering, corruption; large TCP transfers arrive whole", { timeout: 90_000 }, async () => {
  await change(broken({ loss: 50 }));
  const lossy = received(ping("-c100", "-i0.005"));
  // 50 on average; outside of this once in ten million times for a seed drawn at random, and the seed is fixed.
  expect(lossy).toBeGreaterThan(23);
  expect(lossy).toBeLessThan(77);
  await change(broken({ duplicate: 100 }));
  expect(ping("-c5", "-i0.01")).toMatch(/\+\d+ duplicates/);
  await change(broken({ delay: "40ms", reorder: 50 }));
  const order = [...run("red", "ping", "-c30", "-i0.005", "-W2", "10.0.0.2").matchAll(/icmp_seq=(\d+)/g)].map((one) =>
    Number(one[1]),
  );
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  // Some bits are in no checksum (of the Ethernet type, padding): most of the packets are lost.
  await change(broken({ corrupt: 100 }));
  expect(received(ping("-c20", "-i0.01", "-W1"))).toBeLessThan(10);
  await change(broken({ delay: "2ms", limit: 100_000 }));
  // ARP has no checksum: what was corrupted may have been believed.
  for (const ns of ["red", "blue"]) run(ns, "ip", "neigh", "flush", "dev", "eth0");
  const size = 4_000_000;
  const server = `require("net").createServer((s) => { let n = 0, h = require("crypto").createHash("sha1"); s.on("data", (d) => { n += d.length; h.update(d); }).on("end", () => { console.log(n, h.digest("hex")); process.exit(); }); }).listen(99, () => console.log("ready"))`;
  const sender = `require("net").connect(99, "10.0.0.2").end(Buffer.alloc(${size}, "Linux"))`;
  const [program = "", ...argv] = inside("blue", process.execPath, "-e", server);
  const listening = spawn(program, argv, { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  listening.stdout.on("data", (chunk: Buffer) => (told += String(chunk)));
  await once(listening.stdout, "data");
  run("red", process.execPath, "-e", sender);
  await once(listening, "close");
  expect(told).toContain(`${size} `);
  const { createHash } = await import("node:crypto");
  expect(told).toContain(createHash("sha1").update(Buffer.alloc(size, "Linux")).digest("hex"));
  await change(healthy);
});

test("a VLAN tag stays in its frame; a full queue drops", { timeout: 30_000 }, async () => {
  await change(broken({ delay: "50ms", limit: 3 }));
  const [red, blue] = [openNetns(`${LAB}.red`), openNetns(`${LAB}.blue`)];
  expect(() => new FrameReceiver(blue, "eth1", 1 << 20)).toThrow("bind eth1: ENODEV");
  const receiver = new FrameReceiver(blue, "eth0", 1 << 20);
  const sender = new FrameSender(red, "eth0", 0, 1 << 20);
  try {
    const frame = Buffer.alloc(60, 7);
    frame.fill(0xff, 0, 6);
    frame.writeUInt32BE(0x81000064, 12);
    frame.writeUInt16BE(0x88b5, 16);
    const isOurs = (one: Buffer): boolean => one.length >= 60 && one.readUInt16BE(16) === 0x88b5;
    for (let n = 0; n < 10; n++) expect(sender.send(frame)).toBe(frame.length);
    const got: string[] = [];
    const look = (): number => {
      for (let one = receiver.read(); one !== undefined; one = receiver.read())
        if (isOurs(one)) got.push(one.toString("hex"));
      return got.length;
    };
    expect(await eventually(look, (one) => one >= 3)).toBe(3);
    expect(got).toEqual(Array.from({ length: 3 }, () => frame.toString("hex")));
    // A ping behind them has come: so would the others have.
    ping("-c1");
    expect(look()).toBe(3);
  } finally {
    receiver.close();
    sender.close();
    closeNetns(red);
    closeNetns(blue);
  }
  await change(healthy);
});

test(
  "deleted by hand it is missing; with its agent it dies, and the device sends as before",
  { timeout: 60_000 },
  async () => {
    await change(broken({ delay: "200ms" }));
    run("red", "ip", "link", "del", "relay-eth0");
    const missing = (await differences(client, LAB, now)).operations;
    expect(missing.map(({ action, resource, reason }) => [action, resource.id, reason])).toEqual([
      ["create", "relay:red:eth0", "not running"],
    ]);
    expect((await client.call("apply", { operations: missing, mode: "converge", keep: true })).failures).toEqual([]);
    expect(least(ping("-c2", "-i0.1"))).toBeGreaterThanOrEqual(200);
    const { pid } = await client.call("hello", { client: "test" });
    process.kill(pid, "SIGKILL");
    await client.closed;
    expect(
      await eventually(
        () => run("red", "ip", "-o", "link"),
        (text) => !text.includes("relay-eth0"),
      ),
    ).not.toContain("relay-eth0");
    expect(run("red", "nft", "list", "tables")).toBe("");
    expect(least(ping("-c3", "-i0.1"))).toBeLessThan(100);
    client = await getDriver("netns").start();
    await client.call("adopt", { lab: LAB, file: "test.yaml", recover: true });
    const { operations } = await differences(client, LAB, now);
    expect(operations.map(({ resource }) => resource.id)).toEqual(["relay:red:eth0"]);
    await client.call("apply", { operations, mode: "converge", keep: true });
    expect(least(ping("-c2", "-i0.1"))).toBeGreaterThanOrEqual(200);
    await change(healthy);
    ids = agentIds(LAB);
  },
);

test("what cannot be kept is refused, and asked for twice it is undone once", () => {
  const world = { lab, lacks: new Set<string>() } as unknown as World;
  expect(() => injectFault({ netem: { at: "red/lo", delay: "1ms", direction: "in" } })(UNTOUCHED, world)).toThrow(
    "no cable in this lab",
  );
  const live = injectFault({ netem: { at: "red", delay: "1ms" } })(UNTOUCHED, world);
  expect(undoFaults([])(undoFaults([])(live, world), world)).toEqual(UNTOUCHED);
});
