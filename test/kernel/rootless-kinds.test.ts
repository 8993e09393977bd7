/** The kinds as an ordinary user: the kernel tests of this part once more, in a user namespace of an unprivileged uid. */
import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const FILES = ["kinds-links", "kinds-tables", "kinds-settings", "kinds-process", "observe-iproute2"];
const USER = 1000;
/** A mount namespace with a /run of its own; nothing of the host's can be touched from there. */
const USERNS = ["unshare", "-Unm", "--map-current-user", "--keep-caps", "--"];
const asUser =
  process.getuid?.() === 0
    ? ["setpriv", "--reuid", String(USER), "--regid", String(USER), "--clear-groups", "--", ...USERNS]
    : USERNS;

function run(argv: readonly string[], home: string): { status: number | null; output: string } {
  const [file = "", ...args] = [...asUser, ...argv];
  const child = spawnSync(file, args, {
    cwd: root,
    encoding: "utf8",
    timeout: 55_000,
    killSignal: "SIGKILL",
    env: { PATH: process.env["PATH"], HOME: home, NO_COLOR: "1" },
  });
  return { status: child.status, output: `${child.stdout}${child.stderr}` };
}

const allowed = run(["true"], "/").status === 0;

test.skipIf(!allowed)("all kinds work without root (skipped: needs user namespaces)", () => {
  const home = mkdtempSync(join(tmpdir(), "kern-rootless-"));
  try {
    if (process.getuid?.() === 0) chownSync(home, USER, USER);
    const script = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"';
    const vitest = [process.execPath, "node_modules/vitest/vitest.mjs", "run", "--configLoader", "runner"];
    const what = [
      "--config",
      "test/vitest.config.ts",
      "--root",
      ".",
      "--project",
      "kernel",
      ...FILES.map((name) => `test/kernel/${name}`),
    ];
    const { status, output } = run(["sh", "-c", script, "sh", ...vitest, ...what], home);
    expect(status, output.slice(-4000)).toBe(0);
    expect(output).toMatch(new RegExp(`Test Files +${FILES.length} passed`));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
