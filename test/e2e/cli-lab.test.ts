import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIN, cli, startCli, tracesOf } from "./cli.ts";

/** left <-> right, each with a server on port 80; and a check that cannot pass when `broken`. */
function pair(name: string, options: { broken?: boolean; route?: string } = {}): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name}, title: Two namespaces }
spec:
  topology:
    nodes:
      left:
        interfaces: { eth0: { addresses: [10.77.0.1/24] } }
        routes: [{ to: ${options.route ?? "10.78.0.0/24"}, via: 10.77.0.2 }]
      right:
        interfaces: { eth0: { addresses: [10.77.0.2/24] } }
        servers: [80]
    links:
      - endpoints: [left:eth0, right:eth0]
  captures:
    - { name: wire, at: left/eth0, filter: tcp }
  checks:
    - { name: right answers, from: left, tcp: "right:80", expect: open }
${options.broken === true ? '    - { name: nobody listens there, from: left, tcp: "right:81", within: 300ms, expect: open, explain: Port 81 has no server. }\n' : ""}`;
}

let folder = "";
const names = ["cli-a", "cli-b"];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-lab-"));
  for (const name of names) writeFileSync(join(folder, `${name}.yaml`), pair(name));
});
afterEach(async () => {
  for (const name of names) if (tracesOf(name).length > 0) await cli(["down", name]);
  rmSync(folder, { recursive: true });
  const left = names.flatMap(tracesOf);
  if (left.length > 0) throw new Error(`left on this host: ${left.join(", ")}`);
});

test("up, exec, inspect, ls, check, capture, down", async () => {
  const up = await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder });
  expect(up).toMatchObject({ code: 0 });
  expect(up.stdout).toMatch(
    /cli-a: Two namespaces \(netns\)\n {2}✓ built by \d+ operations in .*\n {2}✓ right answers/,
  );

  expect(await cli(["exec", "cli-a", "left", "--", "sh", "-c", "ip -br addr show eth0; exit 7"])).toMatchObject({
    code: 7,
    stdout: expect.stringContaining("10.77.0.1/24") as string,
  });
  expect(
    await cli(["exec", "cli-a.yaml", "left", "--", "env"], {
      cwd: folder,
      env: { KUBECONFIG: "/root/.kube/config", TERM: "dumb" },
    }),
  ).toMatchObject({
    code: 0,
    stdout: expect.not.stringContaining("KUBECONFIG") as string,
  });
  // What a lesson says can be pasted in a shell of the lab, also with a PATH that has no k8snet-lab, or another one.
  const other = join(folder, "other");
  mkdirSync(other);
  writeFileSync(join(other, "k8snet-lab"), "#!/bin/sh\necho another one\n", { mode: 0o755 });
  const shell = await cli(["shell", "cli-a", "left"], {
    input: "k8snet-lab ls; k8snet-lab exec cli-a right -- ip -br addr show eth0\n",
    main: join(import.meta.dirname, "../../dist/k8snet-lab.js"),
    env: { PATH: `${other}:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  expect(shell.stdout).toMatch(/cli-a +up/);
  expect(shell.stdout).toContain("10.77.0.2/24");

  expect(await cli(["exec", "cli-a", "left", "--", "no-such-program"])).toMatchObject({
    code: 127,
    stderr: "error: left has no program no-such-program: labs use the programs of the machine that they run on\n",
  });
  expect(await cli(["exec", "cli-a", "lfet", "--", "true"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("left") as string,
  });

  const inspect = await cli(["inspect", "cli-a", "left"]);
  expect(inspect.stdout).toMatch(/10\.77\.0\.1\/24 +global +← cli-a\.yaml:8:\d+/);
  expect(inspect.stdout).toMatch(/10\.78\.0\.0\/24 via 10\.77\.0\.2 .*← cli-a\.yaml:9:\d+/);

  const ls = JSON.parse((await cli(["ls", "--json"])).stdout) as { name: string; state: string }[];
  expect(ls.find((row) => row.name === "cli-a")).toMatchObject({ state: "up", nodes: 2, driver: "netns" });

  expect(await cli(["check", "cli-a"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("1 passed") as string,
  });

  const capture = startCli(
    ["capture", "cli-a", "left/eth0", "right/eth0", "icmp", "-w", "out.pcapng", "--count", "4"],
    { cwd: folder },
  );
  await capture.printed("listening at left/eth0, right/eth0");
  expect(await cli(["exec", "cli-a", "left", "--", "ping", "-c1", "-W2", "10.77.0.2"])).toMatchObject({ code: 0 });
  expect(await capture.result).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("4 packets in out.pcapng") as string,
  });
  const packets = execFileSync("tcpdump", ["-nr", join(folder, "out.pcapng")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(packets.match(/ICMP echo request/g)).toHaveLength(2);

  expect(await cli(["down", "cli-a"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("cli-a is down") as string,
  });
  expect(tracesOf("cli-a")).toEqual([]);
  expect(await cli(["down", "cli-a"])).toMatchObject({ code: 2 });
});

test("up again: nothing differs; what was broken by hand or changed in the file is named and repaired", async () => {
  expect(await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder })).toMatchObject({ code: 0 });
  expect(await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing differs") as string,
  });

  expect(await cli(["exec", "cli-a", "left", "--", "ip", "addr", "flush", "dev", "eth0"])).toMatchObject({ code: 0 });
  expect(await cli(["check", "cli-a"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("✗ right answers") as string,
  });
  const mended = await cli(["up", "cli-a", "--plain"], { cwd: folder });
  expect(mended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/\+ addr:left:eth0:10\.77\.0\.1\/24 /) as string,
  });

  writeFileSync(join(folder, "cli-a.yaml"), pair("cli-a", { route: "10.79.0.0/24" }));
  const changed = await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder });
  expect(changed.stdout).toContain("2 differences");
  expect(await cli(["exec", "cli-a", "left", "--", "ip", "route"])).toMatchObject({
    stdout: expect.stringMatching(/10\.79\.0\.0\/24/) as string,
  });
  expect((await cli(["exec", "cli-a", "left", "--", "ip", "route"])).stdout).not.toContain("10.78.0.0/24");
});

test("an agent that was killed: said, and brought back by check and by up", async () => {
  expect(await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder })).toMatchObject({ code: 0 });
  for (const command of [
    ["check", "cli-a"],
    ["up", "cli-a.yaml", "--plain"],
  ]) {
    const rows = JSON.parse((await cli(["ls", "--json"])).stdout) as { name: string; pid: number }[];
    const row = rows.find(({ name }) => name === "cli-a");
    if (row === undefined) throw new Error("cli-a is not listed");
    process.kill(row.pid, "SIGKILL");
    await expect.poll(async () => (await cli(["ls"])).stdout, { timeout: 5000 }).toMatch(/cli-a +dead .*cli-a\.yaml/);
    expect(await cli(["exec", "cli-a", "left", "--", "true"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("agent of lab cli-a is dead") as string,
    });
    const back = await cli(command, { cwd: folder });
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining("restores what is missing") as string });
  }
});

test("a failed check under test exits with 1, is in every report, has artifacts, and nothing is left", async () => {
  writeFileSync(join(folder, "cli-b.yaml"), pair("cli-b", { broken: true }));
  const { code, stdout } = await cli(
    ["test", "cli-a.yaml", "cli-b.yaml", "--junit", "junit.xml", "--artifacts", "out"],
    { cwd: folder, env: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(folder, "summary.md") } },
  );
  expect(code).toBe(1);
  expect(stdout).toContain("1 of 2 labs passed");
  expect(stdout).toMatch(
    /✗ nobody listens there.*\n {6}expected: .*\n {6}got: .*refused[^]*expected because:\s+Port 81 has no server\.[^]*in file: +cli-b\.yaml:\d+:\d+/,
  );
  expect(stdout).toMatch(/^::error file=cli-b\.yaml,line=\d+,col=\d+,title=cli-b%3A nobody listens there::/m);
  expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain("### ❌ cli-b");
  const junit = readFileSync(join(folder, "junit.xml"), "utf8");
  expect(junit).toMatch(/<testsuite name="cli-a" tests="1" failures="0"/);
  expect(junit).toMatch(/<testsuite name="cli-b" tests="2" failures="1"/);
  expect(readdirSync(join(folder, "out", "cli-b")).toSorted()).toEqual([
    "captures",
    "cli-b.yaml",
    "events.jsonl",
    "plan.txt",
    "record",
    "reproduce.sh",
    "state",
    "state.json",
  ]);
  expect(existsSync(join(folder, "out", "cli-b", "captures", "wire.pcapng"))).toBe(true);
  expect(names.flatMap(tracesOf)).toEqual([]);
});

test("--json: every line is an event; --tap: a TAP document", async () => {
  const { code, stdout } = await cli(["test", "cli-a.yaml", "--json"], { cwd: folder });
  expect(code).toBe(0);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types[0]).toBe("lab");
  expect(types).toEqual(expect.arrayContaining(["plan", "operation", "built", "check-done", "checks-done", "down"]));
  expect(await cli(["test", "cli-a.yaml", "--tap"], { cwd: folder })).toMatchObject({
    code: 0,
    stdout: "TAP version 14\nok 1 - cli-a: right answers\n1..1\n",
  });
});

test("a lab that is up is not touched by test", async () => {
  expect(await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder })).toMatchObject({ code: 0 });
  expect(await cli(["test", "cli-a.yaml"], { cwd: folder })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("cli-a is already running") as string,
  });
  expect(await cli(["check", "cli-a"])).toMatchObject({ code: 0 });
});

test("two ups of one lab at once: one wins, the other reports it", async () => {
  const env = { K8SNET_LAB_PACE: "1000" }; // long enough for a busy machine to start another
  const first = startCli(["up", "cli-a.yaml", "--plain"], { cwd: folder, env });
  await expect.poll(() => tracesOf("cli-a"), { timeout: 10_000 }).not.toEqual([]);
  const second = await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder });
  expect(second).toMatchObject({ code: 4, stderr: expect.stringMatching(/pid \d+/) as string });
  expect(await first.result).toMatchObject({ code: 0 });
});

test.each(["SIGINT", "SIGTERM"] as const)("%s while building: rolled back, exit 130", async (signal) => {
  const up = startCli(["up", "cli-a.yaml", "--plain"], { cwd: folder, env: { K8SNET_LAB_PACE: "50" } });
  await expect.poll(() => tracesOf("cli-a").length, { timeout: 10_000 }).toBeGreaterThan(1);
  up.child.kill(signal);
  expect(await up.result).toMatchObject({ code: 130, stderr: expect.stringContaining("rolling back") as string });
  expect(tracesOf("cli-a")).toEqual([]);
});

test("a second Ctrl-C ends at once; the agent rolls back on its own", async () => {
  const up = startCli(["up", "cli-a.yaml", "--plain"], { cwd: folder, env: { K8SNET_LAB_PACE: "50" } });
  await expect.poll(() => tracesOf("cli-a").length, { timeout: 10_000 }).toBeGreaterThan(1);
  up.child.kill("SIGINT");
  await up.printed("Ctrl-C again");
  up.child.kill("SIGINT");
  expect(await up.result).toMatchObject({ code: 130 });
  await expect.poll(() => tracesOf("cli-a"), { timeout: 10_000 }).toEqual([]);
});

test("Ctrl-C under test takes everything down, also labs whose checks run", async () => {
  const slow = pair("cli-b", { broken: true }).replace("within: 300ms", "within: 20s");
  writeFileSync(join(folder, "cli-b.yaml"), slow);
  const run = startCli(["test", "cli-b.yaml"], { cwd: folder });
  await run.printed("✓ right answers");
  run.child.kill("SIGINT");
  expect(await run.result).toMatchObject({ code: 130, stdout: expect.stringContaining("cli-b is down") as string });
  expect(tracesOf("cli-b")).toEqual([]);
});

test("--timeout: over before anything was built: the same words, exit 4, nothing made", async () => {
  const early = await cli(["up", "cli-a.yaml", "--plain", "--timeout", "1ms"], { cwd: folder });
  expect(early).toMatchObject({ code: 4, stderr: expect.stringContaining("time limit") as string });
  expect(tracesOf("cli-a")).toEqual([]);
});

test("--timeout: a build is rolled back (exit 4), checks that are not true by then have failed (exit 1)", async () => {
  const building = await cli(["up", "cli-a.yaml", "--plain", "--timeout", "2s"], {
    cwd: folder,
    env: { K8SNET_LAB_PACE: "1000" },
  });
  expect(building).toMatchObject({ code: 4, stderr: expect.stringContaining("time limit") as string });
  expect(tracesOf("cli-a")).toEqual([]);
  writeFileSync(join(folder, "cli-b.yaml"), pair("cli-b", { broken: true }).replace("within: 300ms", "within: 60s"));
  expect(await cli(["test", "cli-b.yaml", "--timeout", "8s"], { cwd: folder })).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("✗ nobody listens there") as string,
  });
});

test("a build that fails says which operation, command, words of the kernel and cause, and leaves nothing; --keep keeps it", async () => {
  const broken = pair("cli-a").replace(
    "servers: [80]",
    "servers: [80]\n        sysctls: { net.ipv4.no_such_thing: 1 }",
  );
  writeFileSync(join(folder, "cli-a.yaml"), broken);
  const up = await cli(["up", "cli-a.yaml", "--plain"], { cwd: folder });
  expect(up).toMatchObject({ code: 4, stderr: expect.stringContaining("rolled back") as string });
  expect(up.stdout).toMatch(
    /create sysctl:right:net\.ipv4\.no_such_thing\n {6}said: .*\n {6}command: .*sysctl.*\n {6}cause: +cli-a\.yaml:\d+:\d+/,
  );
  expect(tracesOf("cli-a")).toEqual([]);
  expect(await cli(["up", "cli-a.yaml", "--plain", "--keep"], { cwd: folder })).toMatchObject({ code: 4 });
  expect(await cli(["exec", "cli-a", "left", "--", "true"])).toMatchObject({ code: 0 });
});

test("a reader that goes away (| head) does not break the build", async () => {
  const up = startCli(["up", "cli-a.yaml", "--plain", "--debug"], { cwd: folder });
  up.child.stdout?.destroy();
  expect(await up.result).toMatchObject({ code: 0 });
  expect(await cli(["check", "cli-a"])).toMatchObject({ code: 0 });
});

test("without privileges: exit 3 and what to do", () => {
  const drop = [
    "--bounding-set=-all",
    "--inh-caps=-all",
    "--",
    process.execPath,
    MAIN,
    "up",
    join(folder, "cli-a.yaml"),
    "--plain",
  ];
  const { status, stderr } = spawnSync("setpriv", drop, { encoding: "utf8", timeout: 30_000 });
  expect(stderr).toMatch(/^error: .*\nhint: .*\n$/);
  expect(status).toBe(3);
  expect(tracesOf("cli-a")).toEqual([]);
});
