/**
 * What happens without a command: readiness probes that change their mind, and a node that loses its link while it announces
 * a load-balancer address.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";
import { ADDRESS, conditionLab, endpointsIn } from "./condition-lab.ts";

const NAME = "e2e-cond";
let folder = "";
let file = "";

const inside = (ns: string, ...argv: string[]): string =>
  execFileSync("ip", ["netns", "exec", `${NAME}.${ns}`, ...argv], { encoding: "utf8" });

const endpoints = (): string[] => endpointsIn(inside("node3", "iptables-save", "-t", "nat"));

const speakers = (): string[] =>
  ["node1", "node2", "node3"].filter((node) => inside(node, "ip", "neigh", "show", "proxy").includes(ADDRESS));

/** Who answers at the load balancer's address, as the internet sees it. */
function ask(): string {
  try {
    return inside("internet", "curl", "-s", "-m", "1", `http://${ADDRESS}/hostname`).trim();
  } catch {
    return "";
  }
}

const WAIT = { timeout: 20_000, interval: 100 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-cond-"));
  file = join(folder, "lab.yaml");
  for (const name of ["web-1", "web-2"]) writeFileSync(join(folder, name), "");
  const text = conditionLab(NAME, (pod) => join(folder, pod), false);
  writeFileSync(file, text);
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test(
  "a readiness probe that fails takes the pod out of the rules, and back when it passes",
  { timeout: 120_000 },
  async () => {
    expect((await cli(["up", file, "--plain"])).code).toBe(0);
    expect(endpoints()).toEqual(["10.244.0.2", "10.244.1.2"]);
    rmSync(join(folder, "web-1"));
    await expect.poll(endpoints, WAIT).toEqual(["10.244.1.2"]);
    // By hand it is ready whatever its probes say, until they are asked again.
    expect((await cli(["ready", NAME, "pod/web-1"])).code).toBe(0);
    expect(endpoints()).toEqual(["10.244.0.2", "10.244.1.2"]);
    expect((await cli(["ready", NAME, "pod/web-1", "--probe"])).code).toBe(0);
    expect(endpoints()).toEqual(["10.244.1.2"]);
    writeFileSync(join(folder, "web-1"), "");
    await expect.poll(endpoints, WAIT).toEqual(["10.244.0.2", "10.244.1.2"]);
    expect((await cli(["check", NAME, "--plain"])).code).toBe(0);
    expect((await cli(["up", file, "--plain"])).stdout).toContain("nothing differs");
  },
);

test("pods whose probe never passes are not endpoints at any time", { timeout: 120_000 }, async () => {
  rmSync(join(folder, "web-2"));
  expect((await cli(["up", file, "--plain"])).code).toBe(0);
  expect(endpoints()).toEqual(["10.244.0.2"]);
});

test(
  "when the link of the node that announces an address goes down, another one takes it over",
  { timeout: 120_000 },
  async () => {
    expect((await cli(["up", file, "--plain"])).code).toBe(0);
    expect(speakers()).toHaveLength(1);
    const [first = ""] = speakers();
    expect(ask()).toMatch(/^web-[12]$/);
    inside(first, "ip", "link", "set", "eth0", "down");
    await expect.poll(() => speakers().filter((node) => node !== first), WAIT).toHaveLength(1);
    await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
    inside(first, "ip", "link", "set", "eth0", "up");
    await expect.poll(speakers, WAIT).toEqual([first]);
    // Also what the kernel had dropped with the link, the way to the internet, is there again.
    await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
    expect(readFileSync(`/run/k8snet-lab/${NAME}/agent.log`, "utf8")).toBe("");
  },
);
