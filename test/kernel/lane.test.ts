/** scripts/lane: what runs there sees nothing of the machine's labs, namespaces and processes, and leaves nothing. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const LANE = join(import.meta.dirname, "../../scripts/lane");
const SPACE = "k8snetlanetest";

function inLane(script: string, options: readonly string[] = []): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(LANE, [...options, "sh", "-c", script], { encoding: "utf8", timeout: 20_000 });
  return { status, lines: stdout.trim().split("\n") };
}

beforeAll(() => {
  execFileSync("ip", ["netns", "add", SPACE]);
  mkdirSync("/run/k8snet-lab/lanetest", { recursive: true, mode: 0o700 });
});
afterAll(() => {
  execFileSync("ip", ["netns", "del", SPACE]);
  rmSync("/run/k8snet-lab/lanetest", { recursive: true });
});

test("namespaces, labs, processes, devices and files in /tmp of the machine are not there", () => {
  const file = "/tmp/k8snetlanetest";
  writeFileSync(file, "");
  try {
    const { status, lines } = inLane(
      `ls /run/netns; ls -d /run/k8snet-lab; ls ${file}; ip -o link | wc -l; ls -d /proc/[0-9]* | wc -l; exit 7`,
    );
    expect(status).toBe(7);
    expect(lines[0]).toBe("1");
    expect(Number(lines[1])).toBeLessThan(8);
  } finally {
    rmSync(file);
  }
});

test("home, /run and /tmp are its own, empty at first and writable", () => {
  const { lines } = inLane('echo "$HOME"; ls -A "$HOME" /tmp; touch "$HOME/a" /tmp/b /run/c && echo written');
  expect(lines[0]).toBe("/tmp/home");
  expect(lines.at(-1)).toBe("written");
  expect(existsSync("/run/c")).toBe(false);
  expect(existsSync("/tmp/b")).toBe(false);
});

test("the machine's network is beside it for downloads, or its own when asked for", () => {
  const machine = readlinkSync("/proc/self/ns/net");
  const read = "readlink /proc/self/ns/net";
  expect(inLane(`nsenter --net=/run/k8snet-lab-lane/network ${read}`).lines).toEqual([machine]);
  expect(inLane(read).lines).not.toEqual([machine]);
  expect(inLane(read, ["--machine-network"]).lines).toEqual([machine]);
});

test("what is started there ends with it, also when it is killed, and nothing of it stays on the disk", async () => {
  const script = "sleep 600 & echo $!; grep -o 'k8snet-lab-lane[.][[:alnum:]]*' /proc/self/mountinfo | tail -n 1; wait";
  const child = spawn(LANE, ["sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await expect.poll(() => said.split("\n").length).toBe(3);
  const folder = join("/var/tmp", said.split("\n")[1] ?? "");
  expect(existsSync(folder)).toBe(true);
  child.kill("SIGKILL");
  // Its processes hold the other end.
  await once(child.stdout, "close");
  inLane("true");
  expect(existsSync(folder)).toBe(false);
});

// A home is its owner's alone; tests run what is in the checkout as an ordinary user too.
test.each(["/tmp", "/root", "/var/lib"])(
  "a checkout in a private folder below %s is there, for others as well",
  (parent) => {
    const folder = mkdtempSync(join(parent, "checkout-"));
    try {
      const checkout = join(folder, "k8snet-lab");
      mkdirSync(join(checkout, "scripts"), { recursive: true });
      execFileSync("cp", [LANE, join(checkout, "scripts/lane")]);
      const command = ["setpriv", "--reuid", "12345", "--clear-groups", "ls", "scripts"];
      const { stdout } = spawnSync(join(checkout, "scripts/lane"), command, { cwd: checkout, encoding: "utf8" });
      expect(stdout).toBe("lane\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
