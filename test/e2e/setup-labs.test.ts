/** Every lab that comes with k8snet-lab, as a user runs it: as root and as an ordinary user, built, checked, gone. */
import { chownSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckResult } from "../../src/events.ts";
import { compareHost, snapshotHost } from "../../scripts/leftovers.ts";
import type { HostSnapshot } from "../../scripts/leftovers.ts";

const root = join(import.meta.dirname, "../..");
const labs = readdirSync(join(root, "labs"))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(/\.yaml$/, ""));
const isRoot = process.getuid?.() === 0;
const USER = 12_345;

/** Where the packets of a broken lab are lost, by the check that must fail. */
const LOST: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "broken-fdb": { "pod-a reaches pod-b": /node3/, "pod-b reaches pod-a": /node3/ },
  "broken-mtu": { "a larger packet is refused with the size that fits": /node1/ },
  "broken-traffic-policy": { "a client gets through by node1": /node1/, "a client gets through by node3": /node3/ },
  "broken-masquerade": { "the pod reaches the internet": /internet/ },
};

interface Outcome {
  readonly code: number | undefined;
  readonly stderr: string;
  /** Lab → its checks. */
  readonly checks: Readonly<Record<string, readonly CheckResult[]>>;
}

async function testLabs(uid?: number, home = process.env.HOME ?? "/root"): Promise<Outcome> {
  const files = labs.map((lab) => join("labs", `${lab}.yaml`));
  const { exitCode, stdout, stderr } = await execa(join(root, "scripts/k8snet-lab"), ["test", "--json", ...files], {
    cwd: root,
    timeout: 170_000,
    env: { PATH: process.env.PATH, HOME: home, ...(uid === undefined ? {} : { XDG_RUNTIME_DIR: home }) },
    extendEnv: false,
    lines: { stdout: true },
    reject: false,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const checks: Record<string, CheckResult[]> = {};
  for (const line of stdout) {
    const event = JSON.parse(line) as { type: string; labName: string; result: CheckResult };
    if (event.type === "check-done") (checks[event.labName] ??= []).push(event.result);
  }
  return { code: exitCode, stderr, checks };
}

const ways = [
  { name: "as root", reason: isRoot ? undefined : "needs root", uid: undefined },
  {
    name: "as an ordinary user",
    reason: userNamespaces() ? undefined : "needs user namespaces",
    uid: isRoot ? USER : undefined,
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

describe.each(ways)("$name", ({ reason, uid }) => {
  let before: HostSnapshot;
  let outcome: Outcome;
  let home: string;

  beforeAll(async () => {
    if (reason !== undefined) return;
    home = mkdtempSync(join(tmpdir(), "k8snet-labs-"));
    if (uid !== undefined) chownSync(home, uid, uid);
    before = await snapshotHost();
    outcome = await testLabs(uid, uid === undefined ? undefined : home);
  }, 180_000);
  afterAll(() => {
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
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

  test("it ends well and leaves the machine as it was", async (context) => {
    context.skip(reason !== undefined, reason);
    expect(outcome.code).toBe(0);
    expect(compareHost(before, await snapshotHost())).toEqual([]);
  });
});
