/**
 * `npm run bench`: what the whole commands cost, beside the raw-netlink floor (and Mininet where it is installed),
 * in turn and in one go. Machines are noisy: the ratios of medians are what counts. Prints a table and a verdict per target.
 *
 *   node test/bench/bench.ts [--quick] [--only NAME,…]     K8SNET_BENCH_SHARED: folder with netlink_floor.c
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { benchDocker } from "./docker.ts";
import { bridgeLab, dnsLab, matrixLab, serverLab } from "./labs.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const cli = join(root, "dist/k8snet-lab.js");
const shared = process.env["K8SNET_BENCH_SHARED"] ?? join(root, "../shared/bench");
const quick = process.argv.includes("--quick");
const only = process.argv[process.argv.indexOf("--only") + 1]?.split(",");
const folder = mkdtempSync(join(tmpdir(), "k8snet-bench-"));
let missed = 0;

interface Ran {
  readonly ms: number;
  readonly stdout: string;
}

function run(file: string, args: readonly string[], allowed: readonly number[] = [0]): Ran {
  const begin = process.hrtime.bigint();
  const child = spawnSync(file, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 300_000,
    env: { ...process.env, CI: "" },
  });
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  if (child.status === null || !allowed.includes(child.status))
    throw new Error(
      `${file} ${args.join(" ")}: exit ${child.status}\n${child.stdout.slice(-2000)}${child.stderr.slice(-2000)}`,
    );
  return { ms, stdout: child.stdout };
}

const lab = (...args: string[]): Ran => run(process.execPath, [cli, ...args]);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function target(what: string, value: number, limit: number, unit: string, atLeast = false): void {
  const ok = atLeast ? value >= limit : value <= limit;
  if (!ok) missed++;
  console.log(
    `${ok ? "ok    " : "MISSED"} ${what}: ${value.toFixed(0)} ${unit} (${atLeast ? "at least" : "at most"} ${limit.toFixed(0)} ${unit})`,
  );
}

function write(name: string, text: string): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

function wanted(name: string): boolean {
  return only === undefined || only.includes(name);
}

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
  for (let round = 0; round < rounds; round++) {
    const match = /up=(\d+)ms down=(\d+)ms/u.exec(run(floor, [String(n)]).stdout);
    floorUp.push(Number(match?.[1]));
    floorDown.push(Number(match?.[2]));
    up.push(lab("up", file, "--plain").ms);
    down.push(lab("down", `bench${n}`, "--plain").ms);
  }
  console.log(
    `pods ${n}: up ${median(up).toFixed(0)} ms (${(median(up) / median(floorUp)).toFixed(1)} × floor ${median(floorUp)}), ` +
      `down ${median(down).toFixed(0)} ms (floor ${median(floorDown)})`,
  );
  target(`up ${n}`, median(up), 2 * median(floorUp) + 400, "ms");
  target(`down ${n}`, median(down), 3 * median(floorDown) + 200, "ms");
  if (existsSync("/usr/bin/mn") && n <= 200) {
    const mininet = run("python3", [join(shared, "mininet_bench.py"), String(n)]).stdout;
    console.log(`mininet ${n}: ${mininet.trim()}`);
  }
}

function benchOverlay(rounds: number): void {
  const file = join(root, "labs/overlay.yaml");
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push(lab("up", file, "--plain").ms);
    lab("down", "overlay", "--plain");
  }
  target("overlay.yaml up with all checks", median(times), 1500, "ms");
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
      if (result.status !== "passed") missed++;
      target(`${check} of ${n} pods`, (probes / result.ms) * 1000, 4000, "probes/s", true);
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

/** The cluster's DNS through its Service: asked from a pod, and how soon after the start of `up` it has answered a check. */
function benchDns(rounds: number): void {
  const file = write("benchdns", dnsLab("benchdns", 10));
  const first: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) lab("down", "benchdns", "--plain");
    first.push(lab("up", file, "--plain").ms);
  }
  target("3 nodes, first DNS answer after the start of up", median(first), 1000, "ms");
  try {
    askDns("benchdns", 10, "");
  } finally {
    lab("down", "benchdns", "--plain");
  }
}

/** Answers of the cluster's DNS server, asked for all these Services by a pod as fast as it can. */
function askDns(name: string, services: number, what: string): void {
  const names = Array.from({ length: services }, (_, i) => `svc-${i}.default.svc.cluster.local`).join(",");
  const client = join(root, "test/bench/dns-client.ts");
  const { stdout } = lab("exec", name, "pod/client", "--", process.execPath, client, "10.96.0.10", names);
  const { perSecond, p99, wrong, lost } = JSON.parse(stdout) as Record<string, number>;
  target(`DNS answers of one server${what}`, perSecond ?? 0, 5000, "answers/s", true);
  target(`DNS p99${what}`, p99 ?? Number.NaN, 5, "ms");
  target(`DNS questions lost or answered wrongly${what}`, (wrong ?? 0) + (lost ?? 0), 0, "");
}

/** Milliseconds from the first operation until all rules of all nodes are in the kernel, as `up` says itself. */
function builtIn(file: string): number {
  const { stdout } = lab("up", file, "--json", "--no-checks");
  const line = stdout.split("\n").find((text) => text.includes('"type":"built"')) ?? "{}";
  return (JSON.parse(line) as { ms: number }).ms;
}

/** What the tool and the kernel alone take for the rules of a lab that is up: three empty namespaces, side by side. */
function rulesFloor(name: string, mode: "iptables" | "nftables"): number {
  const rules = join(folder, `${name}.rules`);
  const save = mode === "iptables" ? ["iptables-save"] : ["nft", "list", "ruleset", "ip"];
  writeFileSync(rules, lab("exec", name, "node1", "--", ...save).stdout);
  const load = mode === "iptables" ? `iptables-restore < ${rules}` : `nft -f ${rules}`;
  return run("sh", ["-c", `for n in 1 2 3; do unshare -n sh -c '${load}' & done; wait`]).ms;
}

/**
 * First sync of many Services: what a lab with them takes longer to build than one that has a single one. DNS then has
 * to find each of them.
 */
function benchServices(rounds: number): void {
  const services = quick ? 200 : 1000;
  for (const [mode, limit] of [
    ["iptables", 1000],
    ["nftables", 700],
  ] as const) {
    const one = write(`benchsvc1${mode}`, dnsLab("benchsvc1", 1, mode));
    const many = write(`benchsvc${mode}`, dnsLab("benchsvc", services, mode));
    const bare: number[] = [];
    const full: number[] = [];
    const whole: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        bare.push(builtIn(one));
        lab("down", "benchsvc1", "--plain");
        full.push(builtIn(many));
        lab("down", "benchsvc", "--plain");
        whole.push(lab("up", many, "--plain", "--no-checks").ms);
        if (round < rounds - 1) lab("down", "benchsvc", "--plain");
      }
      console.log(
        `${mode}, ${services} Services × 3 endpoints on 3 nodes: built in ${median(full).toFixed(0)} ms ` +
          `(one Service: ${median(bare).toFixed(0)}), whole command ${median(whole).toFixed(0)} ms`,
      );
      target(`${mode}, first sync of ${services} Services`, median(full) - median(bare), limit, "ms");
      const floor = rulesFloor("benchsvc", mode);
      console.log(`the same rules by the tool alone, 3 at once: ${floor.toFixed(0)} ms`);
      askDns("benchsvc", services, ` with ${services} Services, ${mode}`);
    } finally {
      lab("down", "benchsvc", "--plain");
    }
  }
}

function benchStart(rounds: number): void {
  const node: number[] = [];
  const version: number[] = [];
  const validate: number[] = [];
  for (let round = 0; round < rounds; round++) {
    node.push(run(process.execPath, ["-e", "0"]).ms);
    version.push(lab("--version").ms);
    validate.push(lab("validate", join(root, "labs/overlay.yaml")).ms);
  }
  console.log(`node -e 0: ${median(node).toFixed(0)} ms`);
  target("--version beyond node -e 0", median(version) - median(node), 80, "ms");
  target("validate beyond node -e 0", median(validate) - median(node), 250, "ms");
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
  if (wanted("start")) benchStart(quick ? 5 : 15);
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
  if (wanted("memory")) benchMemory();
  if (wanted("dns")) benchDns(quick ? 3 : 7);
  if (wanted("services")) benchServices(quick ? 1 : 3);
  if (wanted("docker")) await benchDocker({ lab, write, median, target }, quick ? 1 : 5);
  console.log(missed === 0 ? "all targets met" : `${missed} targets missed`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = missed === 0 ? 0 : 1;
