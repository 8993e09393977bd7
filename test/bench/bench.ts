/**
 * `npm run bench`: what the whole commands cost, beside the raw-netlink floor (and Mininet where it is installed),
 * in turn and in one go. Machines are noisy: the ratios of medians are what counts. Prints a table and a verdict per target.
 *
 *   node test/bench/bench.ts [--quick] [--only NAME,…]     K8SNET_BENCH_SHARED: folder with netlink_floor.c
 * A time is so many times as long as what the same run measures beside it: raw netlink, a tool alone, or `node -e 0`.
 *
 *   NAME: start (or fixed) plan overlay pods matrix memory reading scale dns services policies calico trace l7 docker
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { benchCalico } from "./calico.ts";
import { benchDocker } from "./docker.ts";
import { bridgeLab, matrixLab, serverLab } from "./labs.ts";
import {
  cli,
  diffTarget,
  folder,
  lab,
  median,
  missedTargets,
  nodeStart,
  quick,
  rateTarget,
  root,
  run,
  shared,
  target,
  timeTarget,
  wanted,
  write,
} from "./measure.ts";
import { benchIdle, benchReading, benchStart } from "./fixed.ts";
import { benchL7 } from "./l7.ts";
import { benchMininet } from "./mininet.ts";
import { benchPolicies } from "./policies.ts";
import { benchScale } from "./scale.ts";
import { benchDns, benchServices } from "./services.ts";
import { benchTrace } from "./trace.ts";

function floorBinary(): string | undefined {
  const source = join(shared, "netlink_floor.c");
  if (!existsSync(source)) return undefined;
  const binary = join(folder, "floor");
  run("gcc", ["-O2", "-w", "-o", binary, source]);
  return binary;
}

function benchPods(floor: string, n: number, rounds: number): void {
  const file = write(`bench${n}`, bridgeLab(`bench${n}`, n));
  const floorUp: number[] = [];
  const floorDown: number[] = [];
  const up: number[] = [];
  const down: number[] = [];
  const diff: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const match = /up=(\d+)ms down=(\d+)ms/u.exec(run(floor, [String(n)]).stdout);
    floorUp.push(Number(match?.[1]));
    floorDown.push(Number(match?.[2]));
    up.push(lab("up", file, "--plain").ms);
    // New devices look for other owners of their IPv6 addresses and for routers, for seconds, which holds the kernel's RTNL lock.
    run("sleep", [String(n / 40)]);
    diff.push(run(process.execPath, [cli, "diff", `bench${n}`], [0, 1]).ms);
    down.push(lab("down", `bench${n}`, "--plain").ms);
  }
  console.log(
    `pods ${n}: up ${median(up).toFixed(0)} ms (${(median(up) / median(floorUp)).toFixed(1)} × floor ${median(floorUp)}), ` +
      `down ${median(down).toFixed(0)} ms (floor ${median(floorDown)})`,
  );
  const start = nodeStart();
  target(
    `up ${n} in times of 2 × raw netlink + 10 × node -e 0`,
    median(up) / (2 * median(floorUp) + 10 * start),
    1,
    "×",
    2,
  );
  target(
    `down ${n} in times of 3 × raw netlink + 5 × node -e 0`,
    median(down) / (3 * median(floorDown) + 5 * start),
    1,
    "×",
    2,
  );
  diffTarget(`${n} pods`, median(diff), n);
  if (n <= 200) benchMininet(n);
}

function benchOverlay(rounds: number): void {
  const file = join(root, "labs/overlay.yaml");
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(lab("up", file, "--plain").ms);
    lab("down", "overlay", "--plain");
  }
  timeTarget("overlay.yaml up with all checks", median(times), 37.5);
}

/** The check's own time, from its result: probes per second of a 200 × 200 matrix with answers. */
function benchMatrix(): void {
  const n = quick ? 60 : 200;
  const file = write("benchmatrix", matrixLab("benchmatrix", n));
  try {
    lab("up", file, "--plain", "--no-checks");
    for (const check of ["tcp matrix", "http matrix"]) {
      const { stdout } = run(process.execPath, [cli, "check", "--only", check, "--json", "--", "benchmatrix"], [0, 1]);
      const line = stdout.split("\n").find((text) => text.includes('"check-done"')) ?? "{}";
      const { result } = JSON.parse(line) as { result: { status: string; ms: number; got: string } };
      const probes = n * (n - 1);
      console.log(`${check}: ${probes} probes in ${result.ms.toFixed(0)} ms: ${result.status}, ${result.got}`);
      if (result.status !== "passed") missedTargets.push(check);
      rateTarget(`${check} of ${n} pods, probes`, (probes / result.ms) * 1000, 160);
    }
    const { agent } = JSON.parse(lab("inspect", "benchmatrix", "p0", "--json").stdout) as { agent: { rss: number } };
    console.log(`agent after the matrices: ${(agent.rss / 1e6).toFixed(0)} MB`);
  } finally {
    lab("down", "benchmatrix", "--plain");
  }
}

function benchMemory(): void {
  const n = quick ? 200 : 1000;
  const file = write("benchmemory", serverLab("benchmemory", n));
  try {
    lab("up", file, "--plain");
    const inspect = JSON.parse(lab("inspect", "benchmemory", "sw", "--json").stdout) as {
      agent: { rss: number; servers: number };
    };
    target(`agent with ${inspect.agent.servers} pods`, inspect.agent.rss / 1e6, 150, "MB");
  } finally {
    lab("down", "benchmemory", "--plain");
  }
}

/** Reading and planning alone: must grow no faster than the lab. */
function benchValidate(): void {
  const times = [500, 2000].map((n) => {
    const file = write(`benchread${n}`, bridgeLab(`benchread${n}`, n));
    return median(Array.from({ length: 3 }, () => lab("plan", file).ms));
  });
  const [small = Number.NaN, large = Number.NaN] = times;
  console.log(`plan of 500 pods: ${small.toFixed(0)} ms, of 2000: ${large.toFixed(0)} ms`);
  target("plan of 4 times as many pods", (100 * large) / small, 500, "%");
}

try {
  if (!existsSync(cli)) throw new Error("dist/ is missing: npm run build");
  if (wanted("start") || wanted("fixed")) await benchStart(quick ? 8 : 24);
  if (wanted("plan")) benchValidate();
  if (wanted("overlay")) benchOverlay(quick ? 3 : 9);
  const floor = floorBinary();
  if (floor === undefined) console.log(`skipped: no netlink_floor.c in ${shared}`);
  else if (wanted("pods")) {
    benchPods(floor, 50, quick ? 3 : 7);
    benchPods(floor, 200, quick ? 3 : 5);
    if (!quick) benchPods(floor, 1000, 3);
  }
  if (wanted("matrix")) benchMatrix();
  if (wanted("memory")) {
    benchMemory();
    await benchIdle();
  }
  if (wanted("reading")) benchReading(quick ? 10 : 60);
  if (wanted("scale")) await benchScale(quick);
  if (wanted("dns")) benchDns(quick ? 3 : 7);
  if (wanted("services")) benchServices(quick ? 1 : 3);
  if (wanted("policies")) benchPolicies(quick ? 3 : 7);
  if (wanted("calico")) benchCalico(quick);
  if (wanted("trace")) benchTrace(quick ? 5 : 10);
  if (wanted("l7")) await benchL7(quick ? 2 : 5);
  if (wanted("docker")) await benchDocker(quick ? 1 : 5);
  console.log(missedTargets.length === 0 ? "all targets met" : `missed: ${missedTargets.join("; ")}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missedTargets.length === 0 ? 0 : 1;
