import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { journalPath, lockHolder, lockPath, stateParent } from "../../src/agent/state-folder.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { gc } from "../sweep.ts";
import { agentIds, buildPlan, differences, down, leftovers, smallLab, stored, up } from "./agent-lab.ts";
import { eventually, pause } from "../wait.ts";

const driver = getDriver("netns");
const parent = stateParent();
let serial = 0;
let lab = "";
let ids: string[] = [];

/** A fresh name for each round: nothing of the last one can pass for this one's. */
function nextLab(): string {
  lab = `agent-kill-${process.pid}-${serial++}`;
  ids = [];
  return lab;
}

/** What an agent leaves that is killed between taking its lock and making its folder. */
function nextLock(): string {
  const name = `agent-kill-${process.pid}-lock`;
  writeFileSync(lockPath(parent, name), "1\n", { mode: 0o600 });
  return name;
}

function killAgent(): void {
  const pid = lockHolder(parent, lab);
  if (pid !== null) process.kill(pid, "SIGKILL");
}

async function untilDead(): Promise<void> {
  await eventually(
    () => lockHolder(parent, lab),
    (holder) => holder === null,
    { every: 5 },
  );
}

function rememberIds(): void {
  if (existsSync(journalPath(parent, lab))) ids.push(...agentIds(lab));
}

async function recoverAndDown(): Promise<void> {
  rememberIds();
  const record = (await driver.list()).find(({ name }) => name === lab);
  if (record === undefined) return; // killed before it had anything, or after it had removed all
  expect(record.state).toBe("dead");
  const client = await driver.start();
  await client.call("adopt", { lab, file: "", recover: true });
  await down(client);
}

afterEach(async () => {
  killAgent();
  await untilDead();
  await recoverAndDown();
  expect(leftovers(lab, ids)).toEqual([]);
});

describe("kill -9 of the agent", () => {
  // 20 moments, spread over the whole of building with a pause after each operation.
  test.each(Array.from({ length: 20 }, (_, index) => index * 9))(
    "%i ms into building: nothing is left after down",
    async (moment) => {
      nextLab();
      const client = await driver.start();
      const adopting = client.call("adopt", { lab, file: "test.yaml", recover: false });
      const { operations } = buildPlan(lab, smallLab(3));
      const applying = adopting.then(() => client.call("apply", { operations, mode: "build", keep: false, pace: 2 }));
      applying.catch(() => undefined);
      await adopting;
      await pause(moment, "the agent is killed at this moment, wherever it is");
      killAgent();
      await client.closed;
      await untilDead();
      await recoverAndDown();
      expect(leftovers(lab, ids)).toEqual([]);
    },
  );

  test.each(Array.from({ length: 12 }, (_, index) => index * 4))(
    "%i ms into down: nothing is left after another down",
    async (moment) => {
      const client = await up(driver, nextLab(), smallLab(5));
      rememberIds();
      const ending = client.call("down", {});
      ending.catch(() => undefined);
      await pause(moment, "the agent is killed at this moment, wherever it is");
      killAgent();
      await client.closed;
      await untilDead();
      await recoverAndDown();
      expect(leftovers(lab, ids)).toEqual([]);
    },
  );

  test("its children go with it, and a new agent brings back what is missing", async () => {
    const first = await up(driver, nextLab());
    rememberIds();
    killAgent();
    await first.closed;
    await untilDead();
    expect(await driver.connect(lab)).toBeNull();
    const client = await driver.start();
    const info = await client.call("adopt", { lab, file: "", recover: true });
    expect(info).toMatchObject({ recovered: true, phase: "up" });
    rememberIds();
    expect(await client.call("stored", {})).toEqual(stored);
    const plan = await differences(client, lab, smallLab());
    expect(
      plan.operations
        .map(({ resource }) => resource.id)
        .filter((id, index, all) => all.indexOf(id) === index)
        .sort(),
    ).toEqual(["process:blue:chatter", "server:blue:tcp:80"]);
    expect(
      (await client.call("apply", { operations: plan.operations, mode: "converge", keep: true })).failures,
    ).toEqual([]);
    const { results } = await client.call("probe", {
      probes: [{ kind: "tcp", ns: "red", to: "10.2.0.2", port: 80, timeout: 2000 }],
    });
    expect(results[0]).toMatchObject({ outcome: "open", hostname: "blue" });
    await down(client);
    expect(leftovers(lab, ids)).toEqual([]);
  });

  test("gc sweeps dead labs, also one of which only a lock is left, and leaves live ones alone", async () => {
    const live = await up(driver, nextLab());
    const liveLab = lab;
    const liveIds = agentIds(liveLab);
    try {
      const dead = await up(driver, nextLab());
      rememberIds();
      killAgent();
      await dead.closed;
      await untilDead();
      const forsaken = nextLock();
      // Only ours: other tests on this machine have dead labs of their own.
      const ours = {
        ...driver,
        list: async () => (await driver.list()).filter(({ name }) => [lab, liveLab, forsaken].includes(name)),
      };
      const swept = await gc(ours);
      expect(leftovers(forsaken)).toEqual([]);
      const entry = swept.find((one) => one.lab === lab);
      expect(entry?.failures).toEqual([]);
      expect(entry?.removed).toContain("netns:gw");
      expect(swept.some((one) => one.lab === liveLab)).toBe(false);
      expect(leftovers(lab, ids)).toEqual([]);
    } finally {
      await down(live);
      expect(leftovers(liveLab, liveIds)).toEqual([]);
    }
  });
});

describe("kill -9 of what builds", () => {
  test("the agent rolls the build back on its own", async () => {
    nextLab();
    const builder = spawn(process.execPath, [new URL("agent-builder.ts", import.meta.url).pathname, lab], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(builder.stdout, "data"); // it says when it applies
    rememberIds();
    expect(ids).toHaveLength(1);
    expect(readFileSync(journalPath(parent, lab), "utf8")).toContain("netns:red");
    builder.kill("SIGKILL");
    const left = await eventually(
      () => leftovers(lab, ids),
      (found) => found.length === 0,
    );
    expect(left).toEqual([]);
  });
});
