import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { down, leftovers } from "./agent-lab.ts";

// The host's own limits: what is asked for is little more than what it has, for milliseconds, and put back whatever happens.
const driver = getDriver("netns");
const parent = stateParent();
const paths = [1, 2, 3].map((n) => `/proc/sys/net/ipv4/neigh/default/gc_thresh${n}`);
const limits = (): number[] => paths.map((path) => Number(readFileSync(path, "utf8")));
const setLimits = (values: readonly number[]): void =>
  paths.forEach((path, index) => writeFileSync(path, String(values[index])));

const labs = ["a", "b"].map((letter) => `limits-${process.pid}-${letter}`);
const [a = "", b = ""] = labs;
let before: number[] = [];

beforeEach(() => {
  before = limits();
});
afterEach(async () => {
  for (const lab of labs) {
    const pid = lockHolder(parent, lab);
    if (pid !== null) process.kill(pid, "SIGKILL");
  }
  await expect.poll(() => labs.map((lab) => lockHolder(parent, lab))).toEqual([null, null]);
  for (const { name } of (await driver.list()).filter((record) => labs.includes(record.name))) await downAgain(name);
  const after = limits();
  setLimits(before);
  expect(after).toEqual(before);
  expect(labs.flatMap((lab) => leftovers(lab))).toEqual([]);
});

async function adopt(lab: string, recover = false): Promise<AgentClient> {
  const client = await driver.start();
  await client.call("adopt", { lab, file: "", recover });
  return client;
}
async function downAgain(lab: string): Promise<void> {
  await down(await adopt(lab, true));
}
/** So many entries that the table must be twice, four times … as large as it is. */
const enoughFor = (times: number): number => ((before[2] ?? 0) * times) / 2;
const raisedTo = (times: number): number[] => [1, 2, 4].map((part) => ((before[2] ?? 0) * times * part) / 4);

test("raised for two labs together, and put back when the second of them goes, also when its agent was killed", async () => {
  const first = await adopt(a);
  const { raised } = await first.call("raiseLimits", { entries: { ipv4: enoughFor(2) } });
  expect(raised.at(-1)).toEqual({
    key: "net.ipv4.neigh.default.gc_thresh3",
    from: before[2],
    to: (before[2] ?? 0) * 2,
  });
  expect(limits()).toEqual(raisedTo(2));

  const second = await adopt(b);
  expect((await second.call("raiseLimits", { entries: { ipv4: enoughFor(2) } })).raised).toHaveLength(3);
  expect(limits()).toEqual(raisedTo(4));
  await down(first);
  expect(limits()).toEqual(raisedTo(4));

  process.kill(lockHolder(parent, b) ?? 0, "SIGKILL");
  await second.closed;
  expect(limits()).toEqual(raisedTo(4));
  await downAgain(b);
  expect(limits()).toEqual(before);
});

test("a value that another process has set meanwhile stays, and is restored if we raise it again", async () => {
  const client = await adopt(a);
  await client.call("raiseLimits", { entries: { ipv4: enoughFor(2) } });
  const theirs = raisedTo(3);
  setLimits(theirs);
  const second = await adopt(b);
  await second.call("raiseLimits", { entries: { ipv4: enoughFor(4) } });
  expect(limits()).toEqual(raisedTo(8));
  await down(second);
  await down(client);
  expect(limits()).toEqual(theirs);

  setLimits(before);
  const third = await adopt(a);
  await third.call("raiseLimits", { entries: { ipv4: enoughFor(2) } });
  setLimits(theirs);
  await down(third);
  expect(limits()).toEqual(theirs);
  setLimits(before);
});

test("a lab that fits raises nothing; a build whose client goes takes its raise back", async () => {
  const client = await adopt(a);
  expect(await client.call("raiseLimits", { entries: { ipv4: 10, ipv6: 10 } })).toEqual({ raised: [] });
  await client.call("raiseLimits", { entries: { ipv4: enoughFor(2) } });
  expect(limits()).toEqual(raisedTo(2));
  client.close();
  await expect.poll(limits, { timeout: 5000 }).toEqual(before);
});
