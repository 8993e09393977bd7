import { spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runIn } from "../../src/apply/spawn.ts";
import { closeNetns, createNetns, removeNetns } from "../../src/kernel/netns.ts";
import type { NetnsHandle } from "../../src/kernel/netns.ts";

const isRoot = process.getuid?.() === 0;
const name = `runintest${process.pid}`;
let netns: NetnsHandle;

beforeAll(() => {
  if (isRoot) netns = createNetns(name);
});
afterAll(() => {
  if (!isRoot) return;
  closeNetns(netns);
  removeNetns(name);
});

/** Nothing of this process runs for so many milliseconds: a slow machine, or a large namespace that is read. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test.skipIf(!isRoot)(
  "output of a program whose end is known before its output has been read is not lost, however busy the agent is",
  async () => {
    const text = "x".repeat(100_000);
    const running = runIn(netns, ["sh", "-c", `sleep 0.3; printf %s ${text}`], {
      timeout: 20_000,
      deathSignal: "none",
    });
    const other = spawn("echo", ["something"], { stdio: ["ignore", "pipe", "ignore"] });
    // Both programs end while the other's output is handled; Node then hears of both ends at once.
    other.stdout.on("data", () => block(1000));
    block(100);
    await once(other, "exit");
    for (let i = 0; i < 3; i++) {
      block(700);
      await turn();
    }
    const { exitCode, stdout } = await running;
    expect([exitCode, stdout.length]).toEqual([0, text.length]);
  },
);

test.skipIf(!isRoot)("a program in the background that keeps the output open does not hold up the result", async () => {
  const began = performance.now();
  const { exitCode, stdout } = await runIn(netns, ["sh", "-c", "sleep 20 & echo $!"], {
    timeout: 20_000,
    deathSignal: "none",
  });
  process.kill(Number(stdout));
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  expect(performance.now() - began).toBeLessThan(10_000);
});
