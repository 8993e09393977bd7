/** Links that lead out of the lab: only where they are allowed, and nothing of the host's is changed. The host is a namespace of the test. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { eventually } from "../wait.ts";
import { cli, tracesOf } from "./cli.ts";
import type { CliResult } from "./cli.ts";

const NAME = "e2e-host-links";
const HOST = "k8snettesthost";
const folder = mkdtempSync(join(tmpdir(), "e2e-host-links-"));
const file = join(folder, "lab.yaml");
const onHost = (...argv: string[]): string =>
  execFileSync("ip", ["netns", "exec", HOST, ...argv], { encoding: "utf8" });
const run = (...args: string[]): Promise<CliResult> =>
  cli(args, { prefix: ["nsenter", `--net=/run/netns/${HOST}`, "--"] });
const up = (...more: string[]): Promise<CliResult> => run("up", file, "--allow-host-links", ...more);

// r1:eth1 <-> lab0 on the host; r1:eth2 on the host's up0, whose far end is in the namespace too
const lab = (more = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  topology:
    nodes: { r1: { interfaces: { eth1: { addresses: [10.66.0.2/24] }, eth2: { addresses: [10.67.0.2/24] } } } }
    links:
      - endpoints: [r1:eth1, host:lab0]
      - { endpoints: [macvlan:up0, r1:eth2], mtu: 1400 }
${more}  checks:
    - { name: the host answers, from: r1, ping: 10.66.0.1, expect: open }
    - { name: and what is behind its device, from: r1, ping: 10.67.0.1, expect: open }
`;

/** All that `ip` shows of devices, addresses, routes and neighbours of the host that are not the lab's. */
function state(): string {
  const links = onHost("ip", "-d", "-o", "link").replaceAll(/promiscuity \d+ /g, "");
  const rest = [["addr"], ["route"], ["-6", "route"], ["rule"], ["neigh", "show", "nud", "permanent"]].map((words) =>
    onHost("ip", "-o", ...words).replaceAll(/(?:valid|preferred)_lft \S+/g, ""),
  );
  return [links, ...rest].join("\n");
}

beforeAll(async () => {
  writeFileSync(file, lab());
  for (const ns of [HOST, "k8snettestfar"]) execFileSync("ip", ["netns", "add", ns]);
  const made = [
    "ip link set lo up",
    "ip link add up0 type veth peer name far0",
    "ip link set far0 netns k8snettestfar",
    "ip link set up0 up",
    "ip addr add 10.67.0.99/24 dev up0",
    "ip route add 10.99.0.0/16 via 10.67.0.1",
    "ip neigh add 10.67.0.77 lladdr 02:00:00:00:00:77 dev up0 nud permanent",
    "ip -n k8snettestfar link set far0 up",
    "ip -n k8snettestfar addr add 10.67.0.1/24 dev far0",
  ];
  onHost("sh", "-ec", made.join("\n"));
  await eventually(
    () => onHost("ip", "addr"),
    (seen) => !seen.includes("tentative"),
  );
}, 30_000);
afterEach(async () => {
  await run("down", NAME);
  expect(tracesOf(NAME)).toEqual([]);
});
afterAll(() => {
  for (const ns of [HOST, "k8snettestfar"]) execFileSync("ip", ["netns", "del", ns]);
  rmSync(folder, { recursive: true });
});

test("refused at its line where it is not allowed to build it; reading it is", async () => {
  for (const command of ["validate", "plan", "test", "up"]) {
    const { code, stdout, stderr } = await run(command, file);
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(/lab\.yaml:8:\d+: error: "host:lab0" is a device of this host/);
    expect(stdout + stderr).toMatch(/lab\.yaml:9:\d+: error: "macvlan:up0" is a device of this host/);
    expect(stdout + stderr).toContain("--allow-host-links");
  }
  for (const command of ["validate", "plan"])
    expect(await run(command, file, "--allow-host-links")).toMatchObject({ code: 0 });
  expect(await run("graph", file)).toMatchObject({ code: 0 });
  const { stdout } = await run("doctor", file);
  expect(stdout).toMatch(/link to this host's lab0 +lab e2e-host-links has one at r1\/eth1/);
});

test("packets to the host and past it; afterwards the host is as it was", { timeout: 60_000 }, async () => {
  const before = state();
  expect(await up("--no-checks")).toMatchObject({ code: 0, stderr: "" });
  onHost("ip", "addr", "add", "10.66.0.1/24", "dev", "lab0");
  for (const lab of [NAME, file]) {
    expect(await run("check", lab)).toMatchObject({ code: 0 });
    expect(await run("diff", lab)).toMatchObject({ code: 0 });
  }
  onHost("ip", "link", "set", "lab0", "down");
  const { stdout } = await run("diff", NAME);
  expect(stdout).toContain("its end on the host, lab0, is down");
  onHost("sh", "-c", /fix: (ip .*)/.exec(stdout)?.[1] ?? "false");
  expect(await run("diff", NAME)).toMatchObject({ code: 0 });
  onHost("ip", "link", "del", "lab0");
  expect((await run("diff", NAME)).stdout).toContain("id hostlink:r1:eth1");
  expect(await run("repair", NAME)).toMatchObject({ code: 0 });
  expect(await run("diff", NAME)).toMatchObject({ code: 0 });
  expect(await run("down", NAME)).toMatchObject({ code: 0 });
  expect(state()).toBe(before);
});

test("after kill -9 of the agent too", { timeout: 30_000 }, async () => {
  const before = state();
  expect(await up("--no-checks")).toMatchObject({ code: 0 });
  const pid = lockHolder(stateParent(), NAME);
  expect(pid).toBeGreaterThan(1);
  if (pid !== null) process.kill(pid, "SIGKILL");
  expect(await run("down", NAME)).toMatchObject({ code: 0 });
  expect(state()).toBe(before);
});

test(
  "a device of the host is never taken, and one that is to be there is looked for first",
  { timeout: 30_000 },
  async () => {
    onHost("ip", "link", "add", "lab0", "type", "bridge");
    const before = state();
    const taken = await up("--no-checks");
    expect(taken.code).toBe(4);
    expect(taken.stdout).toContain("this host has a device lab0 already, which is left alone");
    expect(state()).toBe(before);
    onHost("ip", "link", "del", "lab0");

    const other = join(folder, "other.yaml");
    writeFileSync(other, lab().replace("macvlan:up0", "macvlan:up9"));
    const missing = await run("up", other, "--allow-host-links");
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining("this host has no device up9")]);
  },
);

test.each([
  ["host:lab0, macvlan:up0", /both ends are on the host/],
  ["r1:eth3, host:much-too-long-a-name", /cannot name an interface/],
  ["r1:eth3, host:lab0", /the host's lab0 comes twice/],
  ["r9:eth3, host:lab1", /there is no namespace "r9"/],
])("refused: [%s]", async (endpoints, message) => {
  const other = join(folder, "wrong.yaml");
  writeFileSync(other, lab(`      - endpoints: [${endpoints}]\n`));
  const { code, stderr, stdout } = await run("validate", other, "--allow-host-links");
  expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(message)]);
});
