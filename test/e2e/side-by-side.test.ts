import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareHost, snapshotHost } from "../../scripts/leftovers.ts";
import type { HostSnapshot } from "../../scripts/leftovers.ts";
import { cli, tracesOf } from "./cli.ts";

const LABS = join(import.meta.dirname, "../../labs");
/** What a lab adds to the host by design: named namespaces (mounted below /run/netns), processes, state. */
const OWN = new Set(["network namespace", "process", "file"]);

let folder = "";
const names: string[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "side-by-side-"));
});
afterAll(async () => {
  for (const name of names) if (tracesOf(name).length > 0) await cli(["down", name]);
  rmSync(folder, { recursive: true });
});

/** A lab of the repository under a name of its own. */
function copyLab(lab: string, name: string): string {
  const text = readFileSync(join(LABS, `${lab}.yaml`), "utf8");
  expect(text).toContain(`\n  name: ${lab}\n`);
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text.replace(`\n  name: ${lab}\n`, `\n  name: ${name}\n`));
  names.push(name);
  return path;
}

test("eight labs with the same addresses, devices and VNI side by side do not disturb each other", async () => {
  const first = copyLab("overlay", "side-0");
  expect(await cli(["up", first, "--plain"])).toMatchObject({ code: 0 });
  const others = Array.from({ length: 7 }, (_, index) => copyLab("overlay", `side-${index + 1}`));
  const { code, stdout, stderr } = await cli(["test", ...others, "--parallel", "7"]);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toContain("7 of 7 labs passed");
  // Seven were built and taken down beside it: the first is as it was.
  expect(await cli(["up", first, "--plain"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing differs") as string,
  });
  expect(await cli(["down", "side-0"])).toMatchObject({ code: 0 });
  expect(names.flatMap(tracesOf)).toEqual([]);
});

function ofTheHost(snapshot: HostSnapshot): HostSnapshot {
  return Object.fromEntries(
    Object.entries(snapshot)
      .filter(([topic]) => !OWN.has(topic))
      .map(([topic, lines]) => [topic, lines.filter((line) => topic !== "mount" || !line.includes(" /run/netns/"))]),
  );
}

test.each(["overlay", "dual-stack"])(
  "%s: the host's devices, addresses, routes, rules, firewall, sysctls and mounts are the same before, during and after",
  async (lab) => {
    const name = `host-${lab}`;
    const path = copyLab(lab, name);
    const before = ofTheHost(await snapshotHost());
    // The snapshot sees what it is to compare: an empty list would be equal to anything.
    for (const topic of ["device", "address", "route", "rule", "sysctl", "mount"])
      expect(before[topic], topic).not.toEqual([]);

    expect(await cli(["up", path, "--plain"])).toMatchObject({ code: 0 });
    expect(compareHost(before, ofTheHost(await snapshotHost()))).toEqual([]);
    expect(await cli(["check", name])).toMatchObject({ code: 0 });
    expect(compareHost(before, ofTheHost(await snapshotHost()))).toEqual([]);
    expect(await cli(["down", name])).toMatchObject({ code: 0 });
    expect(compareHost(before, ofTheHost(await snapshotHost()))).toEqual([]);
    expect(tracesOf(name)).toEqual([]);
  },
);
