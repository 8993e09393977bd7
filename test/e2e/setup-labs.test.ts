/**
 * Every lab that comes with k8snet-lab, as a user runs it: built, checked, gone. As root its lesson is worked through as well;
 * an ordinary user runs all of them at once by `test`.
 */
import { chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import type { CheckResult } from "../../src/events.ts";
import { findFitness } from "../../src/apply/required-features.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { compareHost, snapshotHost } from "../../scripts/leftovers.ts";
import type { HostSnapshot } from "../../scripts/leftovers.ts";
import { lessonCommands, typeBlock, typeCommand } from "./lesson.ts";
import type { Typed } from "./lesson.ts";

const root = join(import.meta.dirname, "../..");
const isRoot = process.getuid?.() === 0;
const all = readdirSync(join(root, "labs"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(/\.yaml$/, ""));
/** Labs that this kernel cannot build, with the names of what it lacks. */
const lacking: ReadonlyMap<string, readonly string[]> = new Map(
  await Promise.all(
    all.map(async (lab) => {
      const resources = planResources((await loadLab(join(root, `labs/${lab}.yaml`))).lab);
      return [lab, isRoot ? findFitness(resources).lacks.map(({ name }) => name) : []] as const;
    }),
  ),
);
const labs = all.filter((lab) => lacking.get(lab)?.length === 0);
const USER = 12_345;

/** Where the packets of a broken lab are lost, by the check that must fail. */
const LOST: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "broken-fdb": { "pod-a reaches pod-b": /node3/, "pod-b reaches pod-a": /node3/ },
  "broken-mtu": { "a larger packet is refused with the size that fits": /node1/ },
  "broken-traffic-policy": { "a client gets through by node1": /node1/, "a client gets through by node3": /node3/ },
  "broken-some-pods": { "the others too": /node1/, "the internet reaches the pod by its node port": /node1/ },
  "broken-masquerade": { "the pod reaches the internet": /internet/ },
};

/** Labs side by side: most of their time they wait for packets that do not come. */
const SIDE_BY_SIDE = 5;
/** Lines that a reader takes in. */
const LINES = 45;

/** Commands of lessons that end with something else than 0, and shall: part of the command → exit code. */
const ENDS: Readonly<Record<string, number>> = {
  "policy lint -f labs/broken-policy-": 1,
  "policy lint -f labs/policy-three-tier.yaml": 1,
  "policy explain -f labs/broken-policy-dns.yaml": 1,
  "policy explain -f labs/policy-default-deny.yaml": 1,
  "policy explain -f labs/policy-ipblock.yaml crawler": 1,
  "policy explain -f labs/policy-named-ports.yaml": 1,
  "policy explain -f labs/policy-namespaces.yaml": 1,
  "policy explain -f labs/policy-three-tier.yaml": 1,
  // No zone is left for the fourth.
  "scale scheduling deploy/store --replicas 4": 1,
  "scale vpc-full-node deploy/web --replicas 8": 1,
  "check 04-routing": 1,
  // Slow, and answered.
  "probe faults pod/client pod/near --count 5": 0,
  "probe faults pod/client pod/far:80": 0,
  "probe faults": 1,
  "diff calico-overlay": 1,
  "diff calico-nftables": 1,
  "trace broken-bgp": 1,
  "trace kube-router pod/spare": 1,
  "diff cni-real-plugins": 1,
  "check dual-stack": 1,
  "check overlay": 1,
  "grep -c default/": 1,
  "-W 2 -M do -s 1423": 1,
  // Announced, and no Service's: the packet goes round until its TTL ends.
  "-W 1 192.0.2.70": 1,
  "dig -b 0.0.0.0#5353": 9,
  "curl -m 2 http://": 28,
  "internet -- curl -sm 2 http://192.168.50.1": 28,
  "internet -- curl -sm 5 http://192.168.50.77": 7,
};

interface Outcome {
  readonly code: number | undefined;
  readonly stderr: string;
  /** Lab → its checks. */
  readonly checks: Readonly<Record<string, readonly CheckResult[]>>;
  /** Lab → the commands of its lesson. */
  readonly typed: Readonly<Record<string, readonly Typed[]>>;
}

function checksOf(lines: readonly string[]): Record<string, CheckResult[]> {
  const checks: Record<string, CheckResult[]> = {};
  for (const line of lines) {
    const event = JSON.parse(line) as { type: string; labName: string; result: CheckResult };
    if (event.type === "check-done") (checks[event.labName] ??= []).push(event.result);
  }
  return checks;
}

async function testLabs(home: string, uid?: number): Promise<Outcome> {
  const files = labs.map((lab) => join("labs", `${lab}.yaml`));
  const { exitCode, stdout, stderr } = await execa(
    join(root, "scripts/k8snet-lab"),
    ["test", "--json", "--parallel", String(SIDE_BY_SIDE), ...files],
    {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: home, ...(uid === undefined ? {} : { XDG_RUNTIME_DIR: home }) },
      extendEnv: false,
      lines: { stdout: true },
      reject: false,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  );
  return { code: exitCode, stderr, checks: checksOf(stdout), typed: {} };
}

/** up, the lesson, down, in a folder that has the labs. */
async function workThrough(folder: string): Promise<Outcome> {
  symlinkSync(join(root, "labs"), join(folder, "labs"));
  mkdirSync(join(folder, "bin"));
  symlinkSync(join(root, "scripts/k8snet-lab"), join(folder, "bin/k8snet-lab"));
  const path = `${join(folder, "bin")}:${process.env.PATH}`;
  const checks: Record<string, readonly CheckResult[]> = {};
  const typed: Record<string, readonly Typed[]> = {};
  const failures: Typed[] = [];
  const waiting = [...labs];
  const work = async (): Promise<void> => {
    for (let lab = waiting.shift(); lab !== undefined; lab = waiting.shift()) {
      const up = await typeCommand(`k8snet-lab up --json labs/${lab}.yaml`, folder, path);
      Object.assign(checks, checksOf(up.output.split("\n").filter((line) => line.startsWith("{"))));
      const { description = "" } = (await loadLab(join(root, `labs/${lab}.yaml`))).lab;
      const lines: Typed[] = [];
      for (const block of lessonCommands(description)) lines.push(...(await typeBlock(block, folder, path)));
      typed[lab] = lines;
      const down = await typeCommand(`k8snet-lab down ${lab}`, folder, path);
      failures.push(...[up, down].filter(({ code }) => code !== 0));
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return { code: failures[0]?.code ?? 0, stderr: JSON.stringify(failures), checks, typed };
}

const ways = [
  {
    name: "as root",
    reason: isRoot ? undefined : "needs root",
    run: (folder: string): Promise<Outcome> => workThrough(folder),
  },
  {
    name: "as an ordinary user",
    reason: userNamespaces() ? undefined : "needs user namespaces",
    run: (folder: string): Promise<Outcome> => testLabs(folder, isRoot ? USER : undefined),
  },
];

/** Whether this kernel lets ordinary users have them. */
function userNamespaces(): boolean {
  for (const file of ["/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/user/max_user_namespaces"]) {
    try {
      if (readFileSync(file, "utf8").trim() === "0") return false;
    } catch {
      // Not every kernel has the first one.
    }
  }
  try {
    return readFileSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "utf8").trim() === "0";
  } catch {
    return true;
  }
}

let before: HostSnapshot;
let after: HostSnapshot;
const outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  before = await snapshotHost();
  for (const { name, reason, run } of ways) {
    if (reason !== undefined) continue;
    const folder = mkdtempSync(join(tmpdir(), "k8snet-labs-"));
    try {
      if (isRoot) chownSync(folder, USER, USER);
      outcomes.set(name, await run(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  after = await snapshotHost();
}, 600_000);

describe.each(ways)("$name", ({ name, reason }) => {
  let outcome: Outcome;
  beforeAll(() => {
    const found = outcomes.get(name);
    if (found !== undefined) outcome = found;
  });

  test.for(labs)("%s passes all of its checks", (lab, context) => {
    context.skip(reason !== undefined, reason);
    const checks = outcome.checks[lab] ?? [];
    expect(checks.length, outcome.stderr).toBeGreaterThan(0);
    const wrong = checks.filter(({ status }) => status !== "passed");
    expect(
      wrong.map(({ name, got, expected, lastSeen, reason: why }) => ({ name, expected, got, lastSeen, why })),
    ).toEqual([]);
  });

  test("the labs that are broken on purpose say where the packet was lost", (context) => {
    context.skip(reason !== undefined, reason);
    for (const [lab, places] of Object.entries(LOST)) {
      for (const [name, place] of Object.entries(places)) {
        expect(outcome.checks[lab]?.find((check) => check.name === name)?.lastSeen, `${lab}: ${name}`).toMatch(place);
      }
    }
  });

  test("it ends well and leaves the machine as it was", (context) => {
    context.skip(reason !== undefined, reason);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(compareHost(before, after)).toEqual([]);
  });
});

test.for(all.filter((lab) => !labs.includes(lab)))("%s is refused by name of what is lacking", async (lab) => {
  const up = await execa(join(root, "scripts/k8snet-lab"), ["up", `labs/${lab}.yaml`], { cwd: root, reject: false });
  expect(up.exitCode).toBe(3);
  for (const name of lacking.get(lab) ?? []) expect(up.stderr).toContain(`${name} (`);
});

test.for(labs)(
  "the lesson of %s: every command that it prints does what its reader expects, in few lines",
  (lab, context) => {
    context.skip(!isRoot, "needs root");
    const typed = outcomes.get("as root")?.typed[lab] ?? [];
    expect(typed.length).toBeGreaterThan(0);
    for (const { command, code, output } of typed) {
      const [, expected = 0] = Object.entries(ENDS).find(([part]) => command.includes(part)) ?? [];
      expect(code, `${command}\n${output}`).toBe(expected);
      expect(output.trimEnd().split("\n").length, `${command}\n${output}`).toBeLessThanOrEqual(LINES);
    }
  },
);
