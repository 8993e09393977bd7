import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The lab of an ordinary user, in namespaces of his own. We are root and become one for it. */
const runtimeFolder = `/run/agent-rootless-${process.pid}`;

beforeAll(() => {
  mkdirSync(runtimeFolder, { mode: 0o700 });
  chownSync(runtimeFolder, 1000, 1000);
});
afterAll(() => rmSync(runtimeFolder, { recursive: true }));

test.each([
  { state: "/tmp", environment: {}, index: 1 },
  // As logind gives it: below the /run that the agent replaces by its own.
  { state: "$XDG_RUNTIME_DIR", environment: { XDG_RUNTIME_DIR: runtimeFolder }, index: 2 },
])(
  "state in $state: an ordinary user builds, checks, enters, breaks, repairs, loses, recovers and removes a lab",
  ({ environment, index }) => {
    const lab = `agent-rootless-${process.pid}-${index}`;
    const before = readdirSync("/run/netns");
    const script = new URL("agent-rootless-run.ts", import.meta.url).pathname;
    const { stdout, stderr } = spawnSync(
      "setpriv",
      ["--reuid", "1000", "--regid", "1000", "--clear-groups", "--", process.execPath, script, lab],
      { encoding: "utf8", timeout: 50_000, env: { PATH: process.env["PATH"], HOME: "/tmp", ...environment } },
    );
    expect(stderr).toBe("");
    const seen = JSON.parse(stdout) as Record<string, unknown>;
    expect(seen["error"]).toBeUndefined();
    expect(seen["uid"]).toBe(1000);
    expect(seen["info"]).toMatchObject({ lab, rootless: true, phase: "up" });
    expect(seen["list"]).toMatchObject([{ rootless: true, state: "up" }]);
    expect(seen["probe"]).toMatchObject({ outcome: "open", hostname: "blue", sourceIP: "10.2.0.1" });
    expect(seen["same"]).toEqual([]);
    expect(seen["run"]).toMatchObject({ stderr: expect.stringContaining("listening on red0") as string });
    expect(seen["enter"]).toMatchObject({ status: 7, stdout: "1000\nblue\n10.1.0.2 red\neth0\nlo\n" });
    expect(seen["break"]).toMatchObject({ status: 0, stderr: expect.stringContaining("listening on blue0") as string });
    expect(seen["mend"]).toContain("create veth:red:eth0");
    expect(seen["mend"]).toContain("update iptables:gw:ipv4:filter");
    expect(seen["mended"]).toEqual([]);
    expect(seen["probeAgain"]).toMatchObject({ outcome: "open" });
    expect(seen["proxied"]).toEqual([]);
    expect(seen["probeProxied"]).toMatchObject({ outcome: "open", hostname: "blue" });
    expect(seen["dead"]).toEqual(["dead"]);
    expect(seen["recovered"]).toMatchObject({ recovered: true, phase: "up" });
    expect(seen["afterKill"]).toEqual([]);
    expect(seen["rebuilt"]).toEqual([]);
    expect(seen["probeRebuilt"]).toMatchObject({ outcome: "open", sourceIP: "10.2.0.1" });
    expect(seen["left"]).toEqual([]);
    expect(readdirSync(runtimeFolder)).toEqual([]);
    // Nothing of it was ever in the machine's own namespaces.
    expect(readdirSync("/run/netns").filter((name) => name.startsWith(lab))).toEqual(
      before.filter((name) => name.startsWith(lab)),
    );
  },
);
