import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { neighboursFit } from "../../src/plan/neighbour-limits.ts";
import { cli, tracesOf } from "./cli.ts";
import { meshLab } from "./mesh-lab.ts";

const NAME = "tune-mesh";
const limit = (): number => Number(readFileSync("/proc/sys/net/ipv4/neigh/default/gc_thresh3", "utf8"));
/** A full mesh that needs more entries than this host holds. */
const before = limit();
const pods = Math.ceil(Math.sqrt(before)) + 8;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tune-host-"));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "mesh.yaml"), meshLab(NAME, pods, { within: "1s" }));
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(limit()).toBe(before);
});

test("plan, doctor and up foresee a neighbour table that overflows; the failed check says that it did", async () => {
  for (const command of ["plan", "doctor"]) {
    const { stdout, stderr } = await cli([command, "mesh.yaml"], { cwd: folder });
    expect(stdout + stderr).toMatch(/about \d+ ipv4 neighbour entries[^]*up mesh\.yaml --tune-host/);
  }
  const { code, stdout } = await cli(["test", "mesh.yaml"], { cwd: folder });
  expect(code).toBe(1);
  expect(stdout).toMatch(/! the checks of tune-mesh make about \d+ ipv4 neighbour entries.*--tune-host/);
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/neighbour table, one for all namespaces, was full \d+ times/);
});

test("--tune-host: the limit is raised and reported, the checks pass, and the limit is restored by down", async () => {
  const up = await cli(["up", "mesh.yaml", "--plain", "--tune-host"], { cwd: folder });
  expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining(`gc_thresh3 ${before} → `) as string });
  expect(neighboursFit(pods * (pods - 1), limit())).toBe(true);
  expect(await cli(["down", NAME])).toMatchObject({ code: 0 });
  expect(limit()).toBe(before);
});

test("--tune-host without root: exit 3, and nothing was built", async () => {
  const { code, stderr } = await cli(["up", join(folder, "mesh.yaml"), "--plain", "--tune-host"], {
    cwd: "/",
    uid: 65_534,
  });
  expect(stderr).toMatch(/neighbour tables can only be raised by root[^]*hint: /);
  expect(code).toBe(3);
});
