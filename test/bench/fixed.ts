/** What does not grow with the lab: an agent that waits; and reading, which grows with the input alone. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { manyManifests, onePodLab } from "./labs.ts";
import { CACHE_WRITES, cli, lab, leastTarget, median, root, run, target, untilLine, write } from "./measure.ts";

/** Milliseconds after the last request: an agent gives memory back when it has been asked nothing for 2 s. */
const IDLE = 4000;

/** What `up --plain` says when it knows how the checks went. */
const VERDICT = /^ {2}checks: /m;

/**
 * Beside `node -e 0`, by turns. The first runs of each command write its code cache and do not count. All are timed from start to
 * end but `up`: from its start to its verdict, after which it says how to go on and ends.
 */
export async function benchStart(rounds: number): Promise<void> {
  const one = write("benchone", onePodLab("benchone"));
  const node: number[] = [];
  const times: Record<"version" | "help" | "validate" | "up", number[]> = {
    version: [],
    help: [],
    validate: [],
    up: [],
  };
  for (let round = -CACHE_WRITES; round < rounds; round++) {
    const start = run(process.execPath, ["-e", "0"]).ms;
    const now = {
      version: lab("--version").ms,
      help: lab("--help").ms,
      validate: lab("validate", join(root, "labs/overlay.yaml")).ms,
      up: await untilLine(process.execPath, [cli, "up", one, "--plain"], VERDICT),
    };
    lab("down", "benchone", "--plain");
    if (round < 0) continue;
    node.push(start);
    for (const [name, ms] of Object.entries(now)) times[name as keyof typeof times].push(ms);
  }
  leastTarget("--version", times.version, node, "node -e 0", 2);
  leastTarget("--help", times.help, node, "node -e 0", 2);
  leastTarget("validate of overlay.yaml", times.validate, node, "node -e 0", 5);
  leastTarget("up of one pod, start to verdict", times.up, node, "node -e 0", 5);
}

export async function benchIdle(): Promise<void> {
  lab("up", join(root, "labs/overlay.yaml"), "--plain");
  try {
    const { pid } = (JSON.parse(lab("ls", "--json").stdout) as { name: string; pid: number }[]).find(
      ({ name }) => name === "overlay",
    ) ?? { pid: 0 };
    await sleep(IDLE);
    const rss = Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
    target("agent of overlay.yaml that waits", rss, 70, "MiB");
  } finally {
    lab("down", "overlay", "--plain");
  }
}

/** Beside what js-yaml takes for the events of the same text alone. */
export function benchReading(megabytes: number): void {
  const file = write("manifests", manyManifests(megabytes));
  const script = (body: string): number => Number(run(process.execPath, ["--input-type=module", "-e", body]).stdout);
  const head = `import { readFileSync } from "node:fs"; const text = readFileSync(${JSON.stringify(file)}, "utf8"); `;
  const tail = "console.log(performance.now() - begin);";
  const own = (): number =>
    script(
      `${head} import { parseStream } from ${JSON.stringify(join(root, "src/syntax/yaml-stream.ts"))}; const begin = performance.now(); parseStream(text, "x"); ${tail}`,
    );
  const others = (): number =>
    script(
      `${head} import { parseEvents } from ${JSON.stringify(join(root, "node_modules/js-yaml/dist/js-yaml.mjs"))}; const begin = performance.now(); for (const part of text.split("---\\n")) parseEvents(part); ${tail}`,
    );
  const pairs = Array.from({ length: 3 }, () => [own(), others()] as const);
  const speed = (1000 * megabytes) / median(pairs.map(([one]) => one));
  console.log(`${megabytes} MB of manifests: ${speed.toFixed(0)} MB/s`);
  target(
    "reading manifests, in times of js-yaml's events alone",
    median(pairs.map(([one, other]) => one / other)),
    1.5,
    "×",
    2,
  );
}
