/** Labs of many nodes, beside scale_floor.c: the same objects by raw netlink, and iptables-restore alone. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { manyNodesLab } from "./labs.ts";
import { cli, diffTarget, folder, lab, median, root, run, target, write } from "./measure.ts";

/** MiB of a process at most so far; 0 when it has gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A command: milliseconds, and its MiB at most. */
async function measured(...args: readonly string[]): Promise<{ readonly ms: number; readonly mib: number }> {
  const begin = performance.now();
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<number | null>((resolve) => void child.on("exit", resolve));
  let mib = 0;
  const watch = setInterval(() => (mib = Math.max(mib, peakOf(child.pid ?? 0))), 10);
  const status = await ended;
  clearInterval(watch);
  // 1: diff has found something.
  if (status === null || status > 1) throw new Error(`${args.join(" ")}: exit ${status}`);
  return { ms: performance.now() - begin, mib };
}

/** Of the lab that is up: its agent's MiB, at most so far. */
function agentPeak(name: string): number {
  const labs = JSON.parse(lab("ls", "--json").stdout) as { name: string; pid: number }[];
  return peakOf(labs.find((one) => one.name === name)?.pid ?? 0);
}

async function benchSize(floor: string, nodes: number, pods: number, services: number, rounds: number): Promise<void> {
  const name = `benchscale${nodes}`;
  const file = write(name, manyNodesLab(name, nodes, pods, services));
  const rules = join(folder, `${name}.rules`);
  const floors: number[] = [];
  const ups: Awaited<ReturnType<typeof measured>>[] = [];
  const diffs: typeof ups = [];
  let agent = 0;
  for (let round = 0; round < rounds; round++) {
    ups.push(await measured("up", file, "--plain"));
    agent = Math.max(agent, agentPeak(name));
    diffs.push(await measured("diff", name));
    writeFileSync(rules, lab("exec", name, "n1", "--", "iptables-save").stdout);
    lab("down", name, "--plain");
    const { stdout } = run(floor, [String(nodes), String(pods / nodes), rules]);
    floors.push(Number(/up=(\d+)ms/.exec(stdout)?.[1]));
    // The floor's namespaces go after its end.
    await sleep(1000);
  }
  const what = `${nodes} nodes, ${pods} pods, ${services} Services`;
  const [up, raw] = [median(ups.map(({ ms }) => ms)), median(floors)];
  const said = `${up.toFixed(0)} ms = ${(up / raw).toFixed(2)} × floor (${raw.toFixed(0)} ms)`;
  const most = (of: typeof ups): string => `command ${Math.max(...of.map(({ mib }) => mib)).toFixed(0)} MiB`;
  console.log(`${what}: up ${said}, ${most(ups)}, agent ${agent.toFixed(0)} MiB; diff ${most(diffs)}`);
  diffTarget(what, median(diffs.map(({ ms }) => ms)), pods);
  target(`up of ${what} in times of 2 × floor + 1 s`, up / (2 * raw + 1000), 1, "×", 2);
  if (nodes < 100) return;
  target(`command of ${what}`, median(ups.map(({ mib }) => mib)), 300, "MiB");
  target(`agent of ${what}`, agent, 250, "MiB");
}

export async function benchScale(quick: boolean): Promise<void> {
  const floor = join(folder, "scale-floor");
  run("gcc", ["-O2", "-o", floor, join(root, "test/bench/scale_floor.c")]);
  await benchSize(floor, 10, 200, 20, quick ? 1 : 5);
  await benchSize(floor, 50, 1000, 50, quick ? 1 : 3);
  if (!quick) await benchSize(floor, 100, 2000, 100, 3);
}
