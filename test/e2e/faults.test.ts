/** Agents that are stopped, a disk that is full, namespaces that are not ours: every command ends, and `down` takes down. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockHolder } from "../../src/agent/state-folder.ts";
import { cli as runCli, startCli } from "./cli.ts";
import { openPrivateRun } from "./private-run.ts";
import type { PrivateRun } from "./private-run.ts";

const LAB = join(import.meta.dirname, "../../labs/01-namespaces.yaml");
const NAME = "01-namespaces";
let run: PrivateRun;

beforeEach(async () => {
  run = await openPrivateRun();
});
afterEach(async () => {
  await cli("down", "--all");
  expect(run.traces()).toEqual([]);
  await run.end();
});

const cli = (...args: string[]): ReturnType<typeof runCli> => runCli(args, { prefix: run.prefix });
const within = (...argv: string[]): string =>
  execFileSync(run.prefix[0] ?? "", [...run.prefix.slice(1), ...argv], { encoding: "utf8" });
const agent = (): number | undefined => lockHolder(run.parent, NAME) ?? undefined;
/** Never 0: that is everyone. */
const stop = (pid: number | undefined): void => {
  if (pid === undefined) throw new Error("there is no agent");
  process.kill(pid, "SIGSTOP");
};

test("a stopped agent: every command ends and reports it, and continues when the agent does", async () => {
  expect((await cli("up", "--plain", "--no-checks", LAB)).code).toBe(0);
  const pid = agent();
  stop(pid);
  const ls = await cli("ls");
  expect(ls.stdout).toContain(`does not answer (pid ${pid})`);
  for (const args of [
    ["check", "--plain", NAME],
    ["exec", NAME, "red", "--", "true"],
    ["inspect", NAME],
    ["up", "--plain", LAB],
  ]) {
    const { code, stderr } = await cli(...args);
    expect(stderr).toContain(`the agent of lab ${NAME} (pid ${pid}) does not answer: it is stopped`);
    expect(stderr).toContain(`kill -CONT ${pid}`);
    expect(code).toBe(4);
  }
  const gc = await cli("gc");
  expect(gc.stderr).toContain(`lab ${NAME} is left alone: its agent (pid ${pid}) does not answer`);
  process.kill(pid ?? process.pid, "SIGCONT");
  expect((await cli("check", "--plain", NAME)).code).toBe(0);
}, 90_000);

test("down ends an agent that does not answer, and takes the lab down by its record", async () => {
  await cli("up", "--plain", "--no-checks", LAB);
  const pid = agent();
  stop(pid);
  const { code, stdout } = await cli("down", NAME);
  expect(stdout).toContain(`the agent of lab ${NAME} (pid ${pid}) did not answer and was killed`);
  expect(code).toBe(0);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("down of a lab whose agent has no descriptors left", async () => {
  await cli("up", "--plain", "--no-checks", LAB);
  within("prlimit", "--pid", String(agent()), "--nofile=3");
  expect((await cli("down", NAME)).code).toBe(0);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("down of a lab whose agent has lost its socket", async () => {
  await cli("up", "--plain", "--no-checks", LAB);
  const pid = agent();
  within("rm", `/run/k8snet-lab/${NAME}/agent.sock`);
  const { code, stdout } = await cli("down", NAME);
  expect(stdout).toContain(`the agent of lab ${NAME} (pid ${pid}) did not answer and was killed`);
  expect(code).toBe(0);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("a build that runs out of descriptors is rolled back, by the agent that has none left", async () => {
  const few = [...run.prefix, "prlimit", "--nofile=36:36"];
  const { code, stdout, stderr } = await runCli(["up", "--plain", LAB], { prefix: few });
  expect(`${stdout}${stderr}`).toMatch(/EMFILE[^]*raise the limit of open files: ulimit -n/);
  expect(stderr).not.toContain("This is a bug");
  expect([3, 4]).toContain(code);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("gc leaves alone a lab whose lock is not a file, reports it, and sweeps the others", async () => {
  await cli("up", "--plain", "--no-checks", LAB);
  process.kill(agent() ?? process.pid, "SIGKILL");
  within("mkfifo", "/run/k8snet-lab/other.lock");
  const trouble = "/run/k8snet-lab/other.lock is a named pipe, not a file of yours";
  const listed = await cli("ls");
  expect(listed.stdout).toMatch(/other +unusable/);
  expect(listed.stderr).toContain(trouble);
  const { code, stdout, stderr } = await cli("gc");
  expect(stdout).toContain(`${NAME} is down`);
  expect(stderr).toContain(trouble);
  expect(code).toBe(3);
  within("rm", "/run/k8snet-lab/other.lock");
  within("rmdir", "/run/k8snet-lab");
}, 60_000);

test("a build whose agent is stopped ends on its own and leaves nothing", async () => {
  const building = startCli(["up", "--plain", "--timeout", "20s", LAB], {
    prefix: run.prefix,
    env: { K8SNET_LAB_PACE: "400" },
  });
  await expect.poll(agent, { timeout: 20_000, interval: 20 }).toBeDefined();
  stop(agent());
  const { code, stderr } = await building.result;
  expect(stderr).toContain("does not answer: it is stopped; it was killed");
  expect(stderr).not.toContain("kill -CONT");
  expect(code).toBe(4);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("a build whose agent is killed: nothing is left, and no hint to remove it", async () => {
  const building = startCli(["up", "--plain", LAB], { prefix: run.prefix, env: { K8SNET_LAB_PACE: "400" } });
  await expect.poll(agent, { timeout: 20_000, interval: 20 }).toBeDefined();
  process.kill(agent() ?? process.pid, "SIGKILL");
  const { code, stderr } = await building.result;
  expect(stderr).toContain("the lab's agent is gone");
  expect(stderr).toContain("up FILE builds it again");
  expect(stderr).not.toContain("what is left of it");
  expect(code).toBe(4);
  expect(run.traces()).toEqual([]);
}, 60_000);

test("down needs no free space: neither of a live lab nor of one whose agent is dead", async () => {
  within("mount", "-t", "tmpfs", "-o", "size=400k,mode=755", "tmpfs", "/run");
  try {
    for (const dies of [false, true]) {
      await cli("up", "--plain", "--no-checks", LAB);
      within("sh", "-c", "dd if=/dev/zero of=/run/fill bs=1k count=4000 2>/dev/null; true");
      if (dies) {
        within("sh", "-c", `kill -9 $(cat /run/k8snet-lab/${NAME}.lock)`);
        within("sh", "-c", "dd if=/dev/zero of=/run/fill2 bs=1k count=4000 2>/dev/null; true");
      }
      const down = await cli("down", NAME);
      expect(down.stderr).toBe("");
      expect(down.code).toBe(0);
      expect((await cli("ls")).stderr).toBe("no lab is up\n");
      within("sh", "-c", 'rm -f /run/fill /run/fill2; test -z "$(ls -A /run/netns)"');
    }
  } finally {
    within("umount", "-l", "/run");
  }
}, 90_000);

test("what is not recorded is not built, and the message has no stack", async () => {
  within("mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", "/run");
  try {
    within("sh", "-c", "mkdir /run/netns; dd if=/dev/zero of=/run/fill bs=1k count=4000 2>/dev/null; true");
    const { code, stderr } = await cli("up", "--plain", LAB);
    expect(stderr).toContain("cannot be written: the disk is full");
    expect(stderr).not.toContain("This is a bug");
    expect(code).toBe(3);
    within("sh", "-c", 'test -z "$(ls -A /run/netns)"');
  } finally {
    within("umount", "-l", "/run");
  }
}, 60_000);

test("a disk that is full half way through a build: nothing is left, and the agent says why", async () => {
  within("mount", "-t", "tmpfs", "-o", "size=12k,mode=755", "tmpfs", "/run");
  try {
    within("mkdir", "/run/netns");
    const lab = join(import.meta.dirname, "../../labs/overlay.yaml");
    const { code, stdout, stderr } = await cli("up", "--plain", "--no-checks", lab);
    expect(`${stdout}${stderr}`).toMatch(/the disk is full|no space left/);
    expect(stderr).not.toContain("agent is gone");
    expect([3, 4]).toContain(code);
    within("sh", "-c", 'test -z "$(ls -A /run/netns)" && ! test -e /run/k8snet-lab');
  } finally {
    within("umount", "-l", "/run");
  }
}, 60_000);

test("down leaves alone a namespace that took the name of the lab's, with what runs in it, and reports it", async () => {
  await cli("up", "--plain", "--no-checks", LAB);
  const name = `${NAME}.red`;
  within("ip", "netns", "del", name);
  within("ip", "netns", "add", name);
  const pid = within("sh", "-c", `ip netns exec ${name} sleep 60 >/dev/null 2>&1 & echo $!`).trim();
  const { code, stdout } = await cli("down", NAME);
  expect(stdout).toContain(`network namespace ${name} and what runs in it are left alone`);
  expect(code).toBe(0);
  process.kill(Number(pid), 0);
  expect(run.traces().filter((trace) => trace.startsWith("namespace"))).toEqual([`namespace ${name}`]);
  process.kill(Number(pid), "SIGKILL");
  within("ip", "netns", "del", name);
  within("umount", "-l", "/run/netns"); // ip-netns(8) has mounted it over itself
}, 60_000);

test("a lab file that comes slowly over stdin is waited for", async () => {
  const slow = [...run.prefix, "sh", "-c", `(sleep 12; cat ${LAB}) | "$@"`, "sh"];
  const { code, stdout } = await runCli(["test", "--plain", "-"], { prefix: slow });
  expect(stdout).toContain("9 passed");
  expect(code).toBe(0);
}, 60_000);
