/** Jobs in lanes: all are run, those that exclude each other never at once, and what needs the machine alone. */
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { runInLanes } from "../../../scripts/lane-queue.ts";

interface Planned {
  readonly name: string;
  readonly turns: number;
  readonly exclusive?: string;
  readonly machine?: true;
}

async function record(
  jobs: readonly Planned[],
  lanes: number,
  beside = lanes,
): Promise<{ done: string[]; together: string[] }> {
  const running = new Set<string>();
  const done: string[] = [];
  const together = new Set<string>();
  await runInLanes(
    jobs,
    lanes,
    async ({ name, turns }) => {
      running.add(name);
      for (let i = 0; i < turns; i += 1) {
        together.add([...running].toSorted().join("+"));
        await turn();
      }
      running.delete(name);
      done.push(name);
    },
    beside,
  );
  return { done, together: [...together] };
}

test("two lanes are busy as long as there is work, whatever excludes what", async () => {
  const jobs: Planned[] = [
    { name: "engine1", turns: 4, exclusive: "engine" },
    { name: "engine2", turns: 4, exclusive: "engine" },
    { name: "a", turns: 1 },
    { name: "b", turns: 1 },
    { name: "alone", turns: 2, machine: true },
  ];
  const { done, together } = await record(jobs, 2);
  expect(done.toSorted()).toEqual(["a", "alone", "b", "engine1", "engine2"]);
  expect(done.at(-1)).toBe("alone");
  expect(together).toContain("a+engine1");
  expect(together.filter((names) => names.includes("engine1") && names.includes("engine2"))).toEqual([]);
  expect(together.filter((names) => names.includes("alone"))).toEqual(["alone"]);
});

test("a lane that found nothing it may begin takes what comes free", async () => {
  const jobs: Planned[] = ["1", "2", "3"].map((name) => ({ name, turns: 2, exclusive: "vm" }));
  expect((await record(jobs, 3)).done).toEqual(["1", "2", "3"]);
});

test("fewer lanes beside exclusive jobs, all of them when those are done", async () => {
  const jobs: Planned[] = [
    { name: "vm1", turns: 3, exclusive: "vm" },
    { name: "vm2", turns: 3, exclusive: "vm" },
    ...["a", "b", "c", "d", "e", "f", "g"].map((name) => ({ name, turns: 2 })),
  ];
  const { done, together } = await record(jobs, 3, 2);
  expect(done.toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g", "vm1", "vm2"]);
  const most = (isHeavy: boolean): number =>
    Math.max(...together.filter((names) => names.includes("vm") === isHeavy).map((names) => names.split("+").length));
  expect([most(true), most(false)]).toEqual([2, 3]);
});
