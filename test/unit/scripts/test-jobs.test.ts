/** Every test file is in exactly one job, and jobs begin in an order that keeps lanes busy to the end. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isFast, LONG, makeJobs, STAGES, stageOf } from "../../../scripts/test-jobs.ts";

const root = join(import.meta.dirname, "../../..");
const files = globSync("test/**/*.test.{ts,tsx}", { cwd: root });
const jobs = makeJobs(files, STAGES);

test("each test file is in one job, each check of the sources is one", () => {
  expect(jobs.flatMap((job) => job.files).toSorted()).toEqual(files.toSorted());
  expect(files.filter((file) => stageOf(file) === undefined)).toEqual([]);
  expect(jobs.flatMap((job) => (job.argv === undefined ? [] : [job.name])).toSorted()).toEqual([
    "dead-code",
    "format",
    "imports",
    "lint",
    "types",
    "words",
  ]);
});

test("a file that is listed as long exists", () => {
  expect(Object.keys(LONG).filter((file) => !files.includes(file))).toEqual([]);
});

test("a job has files of one stage", () => {
  for (const job of jobs) for (const file of job.files) expect(stageOf(file)).toBe(job.stage);
});

test("jobs that exclude each other begin by what they take together; what needs the machine itself comes last", () => {
  const exclusive = jobs.filter((job) => job.exclusive === "processors");
  expect(exclusive.length).toBeGreaterThan(1);
  expect(exclusive.every((job) => job.files.length === 1)).toBe(true);
  const together = exclusive.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight } of jobs.slice(
    0,
    jobs.findIndex((job) => job.exclusive === "processors"),
  ))
    expect(weight).toBeGreaterThanOrEqual(together);
  const machine = jobs.slice(-2).flatMap((job) => job.files);
  expect(machine.toSorted()).toEqual(["test/e2e/tune-host.test.ts", "test/kernel/host-limits.test.ts"]);
});

test("the fast ones leave out what needs more than namespaces", () => {
  expect(isFast("test/kernel/denials.test.ts")).toBe(true);
  for (const file of ["test/e2e/docker.test.ts", "test/kernel/ipvs-vm.test.ts", "test/e2e/tune-host.test.ts"])
    expect(isFast(file)).toBe(false);
});
