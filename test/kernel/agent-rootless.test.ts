import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

/** The lab of an ordinary user, in namespaces of his own. We are root and become one for it. */
test("an ordinary user builds, checks, enters, breaks, mends, loses, recovers and removes a lab", () => {
  const lab = `agent-rootless-${process.pid}`;
  const before = readdirSync("/run/netns");
  const script = new URL("agent-rootless-run.ts", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(
    "setpriv",
    ["--reuid", "1000", "--regid", "1000", "--clear-groups", "--", process.execPath, script, lab],
    { encoding: "utf8", timeout: 50_000, env: { PATH: process.env["PATH"], HOME: "/tmp" } },
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
  expect(seen["dead"]).toEqual(["dead"]);
  expect(seen["recovered"]).toMatchObject({ recovered: true, phase: "up" });
  expect(seen["afterKill"]).toEqual([]);
  expect(seen["rebuilt"]).toEqual([]);
  expect(seen["probeRebuilt"]).toMatchObject({ outcome: "open", sourceIP: "10.2.0.1" });
  expect(seen["left"]).toEqual([]);
  // Nothing of it was ever in the machine's own namespaces.
  expect(readdirSync("/run/netns").filter((name) => name.startsWith(lab))).toEqual(
    before.filter((name) => name.startsWith(lab)),
  );
});
