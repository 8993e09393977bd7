import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { journalPath, labFolder, lockHolder } from "../../src/agent/state-folder.ts";
import { findProcesses } from "../../src/kernel/process.ts";
import { cli, startCli } from "./cli.ts";
import type { CliOptions, CliResult } from "./cli.ts";
import { openPrivateRun } from "./private-run.ts";
import type { PrivateRun } from "./private-run.ts";
import { eventually, pause } from "../wait.ts";

/*
 *   left (10.77.0.1) eth0 <-> eth0 (10.77.0.2) right
 *
 * with a process that starts another in a session of its own, a capture, and checks that take half a second.
 */
const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: NAME }
spec:
  topology:
    nodes:
      left:
        interfaces: { eth0: { addresses: [10.77.0.1/24] } }
        iptables: ["-t nat -A POSTROUTING -o eth0 -j MASQUERADE"]
        processes: [{ name: ticker, command: [sh, -c, "setsid sleep 1000 & exec sleep 1000"] }]
      right:
        interfaces: { eth0: { addresses: [10.77.0.2/24] } }
        servers: [80]
    links:
      - endpoints: [left:eth0, right:eth0]
  captures:
    - { name: wire, at: left/eth0 }
  checks:
    - { name: right answers, from: left, tcp: "right:80", expect: open }
    - { name: a while, from: left, command: [sleep, "0.3"], expect: { exitCode: 0 } }
`;
const ROOT = join(import.meta.dirname, "../..");
const MOMENTS = 51;
const SIDE_BY_SIDE = 3;
const COMMANDS = ["up", "check", "down"] as const;
const VICTIMS = ["command line", "agent", "both"] as const;

interface Moment {
  readonly lab: string;
  readonly command: (typeof COMMANDS)[number];
  readonly victim: (typeof VICTIMS)[number];
  /** Part of the time that the command takes undisturbed. */
  readonly part: number;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let folder = "";
let bundle = "";
let run: PrivateRun;
let options: CliOptions = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kill-"));
  // The bundle, as users run it, made of the sources as they are now; here it finds koffi.
  bundle = mkdtempSync(join(ROOT, "node_modules/.kill-test-"));
  execFileSync(process.execPath, [join(ROOT, "scripts/build.ts"), bundle], { stdio: "pipe" });
  run = await openPrivateRun();
  // Some milliseconds between operations: more of the moments fall into building and taking down.
  const env = { K8SNET_LAB_PACE: "8" };
  options = { prefix: run.prefix, env, main: join(bundle, "k8snet-lab.js") };
});
afterAll(async () => {
  await cli(["down", "--all"], options);
  await run.end();
  rmSync(folder, { recursive: true });
  rmSync(bundle, { recursive: true });
});

function labPath(name: string): string {
  return join(folder, `${name}.yaml`);
}

/** Returns its path. */
function writeLab(name: string): string {
  const path = labPath(name);
  writeFileSync(path, LAB.replace("NAME", name));
  return path;
}

function commandLine({ lab, command }: Pick<Moment, "lab" | "command">): string[] {
  return command === "up" ? ["up", labPath(lab), "--plain"] : [command, lab];
}

const ids = new Set<string>();
/** Every agent marks its processes with its id: read whenever the journal may have a new one. */
function rememberIds(lab: string): void {
  const path = journalPath(run.parent, lab);
  if (!existsSync(path)) return;
  for (const [, id = ""] of readFileSync(path, "utf8").matchAll(/"t":"agent".*?"id":"([0-9a-f]+)"/g)) ids.add(id);
}

/** The agent that has the lab, and those that the command line has started and that have none yet. */
function agentsOf(lab: string, parent: number): number[] {
  const holder = lockHolder(run.parent, lab);
  let children: string[] = [];
  try {
    children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ");
  } catch {
    // it has ended
  }
  return [...(holder === null ? [] : [holder]), ...children.filter((pid) => pid !== "").map(Number)];
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended just now
  }
}

/** So early that there is no agent: the first one then. */
async function untilAgent(lab: string, pid: number): Promise<void> {
  await eventually(
    () => !existsSync(`/proc/${pid}`) || agentsOf(lab, pid).length > 0,
    (there) => there,
    { every: 2 },
  );
}

/** How the command line ended, if it was left to itself. */
async function killAt(moment: Moment, takes: number): Promise<CliResult> {
  const { lab, victim, part } = moment;
  const { child, result } = startCli(commandLine(moment), options);
  await pause(part * takes, "what runs is killed at this moment, wherever it is");
  const pid = child.pid ?? 0;
  rememberIds(lab);
  if (victim === "agent") await untilAgent(lab, pid);
  const agents = victim === "command line" ? [] : agentsOf(lab, pid);
  if (victim !== "agent") kill(pid);
  agents.forEach(kill);
  rememberIds(lab);
  return result;
}

/** An agent whose command line was killed has taken its build back, or has the lab up. */
async function untilSettled(lab: string): Promise<void> {
  const settled = (): boolean =>
    lockHolder(run.parent, lab) === null || existsSync(`${labFolder(run.parent, lab)}/lab.json`);
  expect(await eventually(settled, (is) => is, { every: 5 }), `${lab}: its agent neither takes it back nor ends`).toBe(
    true,
  );
}

function processesLeft(): string[] {
  return [...ids].flatMap((id) =>
    findProcesses({ environment: `K8SNET_LAB_ID=${id}` }).map(
      ({ pid }) => `process ${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`,
    ),
  );
}

async function measure(): Promise<Record<Moment["command"], number>> {
  const takes = { up: 0, check: 0, down: 0 };
  writeLab("calm");
  for (const command of COMMANDS) {
    const started = performance.now();
    const { code, stdout, stderr } = await cli(commandLine({ lab: "calm", command }), options);
    takes[command] = performance.now() - started;
    expect(code, stdout + stderr).toBe(0);
  }
  expect(run.traces()).toEqual([]);
  return takes;
}

async function killRound(round: readonly Moment[], takes: Record<Moment["command"], number>): Promise<void> {
  const prepare = round.map(async ({ lab, command }) => {
    const file = writeLab(lab);
    if (command !== "up") expect((await cli(["up", file, "--plain", "--no-checks"], options)).code).toBe(0);
  });
  await Promise.all(prepare);
  const results = await Promise.all(round.map((moment) => killAt(moment, takes[moment.command])));
  for (const [index, { code, stdout, stderr }] of results.entries()) {
    const moment = round[index];
    // Who is left says what it lost (3: the agent never started), and never takes it for a bug of its own.
    if (moment?.victim === "agent") expect([0, 3, 4], `${JSON.stringify(moment)}\n${stdout}${stderr}`).toContain(code);
  }
  await Promise.all(round.map(({ lab }) => untilSettled(lab)));
}

/** Those whose agent is dead by gc, every other round; the rest by down. */
async function sweep(round: readonly Moment[], byGc: boolean): Promise<void> {
  for (const { lab } of round) rememberIds(lab);
  if (byGc) expect(await cli(["gc"], options)).toMatchObject({ code: 0 });
  const left = round.filter(({ lab }) => existsSync(`${run.parent}/${lab}.lock`));
  const downs = await Promise.all(left.map(({ lab }) => cli(["down", lab], options)));
  for (const { code, stdout, stderr } of downs) expect(code, stdout + stderr).toBe(0);
}

test("kill -9 of command line, agent or both at random moments of up, check and down: nothing is left", async () => {
  const seed = Number(process.env["K8SNET_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`K8SNET_KILL_SEED=${seed}\n`);
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  const moments = Array.from({ length: MOMENTS }, (_, index): Moment => ({
    lab: `kill-${index}`,
    command: COMMANDS[index % COMMANDS.length] ?? "up",
    victim: pick(VICTIMS),
    part: random() * 1.1,
  }));
  const takes = await measure();
  for (let at = 0; at < moments.length; at += SIDE_BY_SIDE) {
    const round = moments.slice(at, at + SIDE_BY_SIDE);
    await killRound(round, takes);
    await sweep(round, (at / SIDE_BY_SIDE) % 2 === 0);
    expect([...run.traces(), ...processesLeft()], JSON.stringify(round)).toEqual([]);
  }
  expect(ids.size).toBeGreaterThan(MOMENTS / 2);
  expect(readdirSync(folder).filter((name) => !name.endsWith(".yaml"))).toEqual([]);
}, 120_000);

test("two ups of one lab at the same time: one builds it, the other reports which process does", async () => {
  const file = writeLab("twice");
  const paced = { ...options, env: { ...options.env, K8SNET_LAB_PACE: "150" } };
  for (let round = 0; round < 3; round++) {
    const first = startCli(["up", file, "--plain"], paced);
    const holder = (): number | null => lockHolder(run.parent, "twice");
    expect(await eventually(holder, (pid) => pid !== null, { within: 45_000, every: 5 })).not.toBe(null);
    // However slowly the second one starts here, the first one has not finished: it is stopped meanwhile, and without its
    // commit the lab is still being built.
    process.kill(first.child.pid ?? 0, "SIGSTOP");
    const second = await cli(["up", file, "--plain"], options).finally(() => first.child.kill("SIGCONT"));
    const ends = [await first.result, second];
    expect(ends.map(({ code, stderr }) => ({ code, names: /pid \d+/.test(stderr) }))).toEqual([
      { code: 0, names: false },
      { code: 4, names: true },
    ]);
    expect(await cli(["check", "twice"], options)).toMatchObject({ code: 0 });
    expect(await cli(["down", "twice"], options)).toMatchObject({ code: 0 });
    expect(run.traces().filter((trace) => trace.includes("twice"))).toEqual([]);
  }
}, 180_000);
