import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** As `ip netns add` does when the folder is not yet a mount: over itself, with what is in it. */
test("a namespace that ip-netns has buried under its own mount is removed, and no mount of it stays", () => {
  const module = new URL("../../src/kernel/netns.ts", import.meta.url).href;
  const program = `
    import { execFileSync } from "node:child_process";
    import { readFileSync, readdirSync } from "node:fs";
    import { createNetns, removeNetns, closeNetns } from ${JSON.stringify(module)};
    const ours = createNetns("agent-buried");
    execFileSync("ip", ["netns", "add", "agent-other"]);
    const mounts = () => readFileSync("/proc/self/mountinfo", "utf8").split("\\n").filter((line) => line.includes("agent-buried")).length;
    const before = mounts();
    closeNetns(ours);
    removeNetns("agent-buried");
    console.log(JSON.stringify({ before, after: mounts(), left: readdirSync("/run/netns") }));
  `;
  const { stdout, stderr } = spawnSync(
    "unshare",
    [
      "--mount",
      "--propagation",
      "private",
      "--",
      "sh",
      "-c",
      'mount -t tmpfs tmpfs /run && exec "$@"',
      "sh",
      process.execPath,
      "--input-type=module",
      "-e",
      program,
    ],
    { encoding: "utf8", timeout: 20_000 },
  );
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ before: 2, after: 0, left: ["agent-other"] });
});

test("without a descriptor it is unknown whether a namespace is gone", () => {
  const name = `buried-${process.pid}`;
  const kernel = new URL("../../src/kernel/netns.ts", import.meta.url).href;
  const script = `
    const { closeSync, openSync } = await import("node:fs");
    const { createNetns, isNamed, removeNetns } = await import(${JSON.stringify(kernel)});
    const { inode } = createNetns(${JSON.stringify(name)});
    const open = [];
    try { for (;;) open.push(openSync("/dev/null")); } catch {}
    let said;
    try { said = String(isNamed(${JSON.stringify(name)}, { inode })); } catch (error) { said = error.code; }
    for (const fd of open) closeSync(fd);
    console.log(said, isNamed(${JSON.stringify(name)}, { inode }), isNamed("nowhere", { inode }));
    removeNetns(${JSON.stringify(name)});
  `;
  const { stdout, stderr } = spawnSync(
    "prlimit",
    ["--nofile=100:100", process.execPath, "--input-type=module", "-e", script],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("EMFILE true undefined\n");
});
