/** WireGuard where the kernel has none: wireguard-go carries the packets, and the lab is compared, repaired and removed as with the kernel's. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockHolder, stateParent } from "../../src/agent/state-folder.ts";
import { findProcesses } from "../../src/kernel/process.ts";
import { readIfThere } from "../../src/kernel/read-file.ts";
import { probeFeatures } from "../../src/kernel/features.ts";
import { eventually } from "../wait.ts";
import { cli, tracesOf } from "./cli.ts";

const LABS = ["e2e-wg1", "e2e-wg2"] as const;
const [LAB] = LABS;
const folder = mkdtempSync(join(tmpdir(), "e2e-wireguard-"));
const fileOf = (name: string): string => join(folder, `${name}.yaml`);
const inNode = (node: string, ...argv: string[]): string =>
  execFileSync("ip", ["netns", "exec", `${LAB}.${node}`, ...argv], { encoding: "utf8" });
/** Where its sockets are seen, too. */
const inLab = async (node: string, ...argv: string[]): Promise<string> =>
  (await cli(["exec", LAB, node, "--", ...argv])).stdout;

/** Process 0 would be this one's group. */
function sure(pid: number | null | undefined): number {
  if (pid === null || pid === undefined) throw new Error("no such process");
  return pid;
}

/** Processes of wireguard-go that can be seen, in lanes only those of the lane. */
const running = (): number[] =>
  findProcesses({ environment: "WG_PROCESS_FOREGROUND=1" })
    .map(({ pid }) => pid)
    .filter((pid) => readIfThere(`/proc/${pid}/comm`)?.trim() === "wireguard-go");

// a:eth0 <-> b:eth0, WireGuard between them, and a network behind b
const text = (name: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${name} }
spec:
  topology:
    nodes:
      a:
        interfaces: { eth0: { addresses: [10.0.0.1/24] } }
        wireguards:
          wg0: { addresses: [10.8.0.1/24, "fd08::1/64"], peers: [{ node: b, allowedIPs: [10.8.0.2/32, "fd08::2/128", 10.9.0.0/16] }] }
        routes: [{ to: 10.9.0.0/16, dev: wg0 }]
      b:
        interfaces: { eth0: { addresses: [10.0.0.2/24] }, lo: { addresses: [10.9.0.1/32] } }
        wireguards: { wg0: { listenPort: 7777, addresses: [10.8.0.2/24, "fd08::2/64"], peers: [{ node: a }] } }
        servers: [80]
    links: [{ endpoints: [a:eth0, b:eth0] }]
  captures: [{ name: wire, at: [b/eth0] }]
  checks:
    - { name: through the tunnel, from: a, tcp: "10.9.0.1:80", expect: open }
    - { name: and by IPv6, from: a, ping: "fd08::2", expect: open }
    - { name: encrypted on the wire, capture: wire, expect: { wireguard: data, dst: 10.0.0.2, dport: 7777 } }
    - { name: nothing in clear, capture: wire, expect: { dst: 10.9.0.1, packets: 0 } }
`;

interface Found {
  readonly id: string;
  readonly reason: string;
}
async function differences(): Promise<readonly Found[]> {
  const { stdout } = await cli(["diff", LAB, "--json"]);
  return (JSON.parse(stdout) as { differences: readonly Found[] }).differences.map(({ id, reason }) => ({
    id,
    reason,
  }));
}
async function repaired(): Promise<void> {
  expect(await cli(["repair", LAB])).toMatchObject({ code: 0 });
  expect(await differences()).toEqual([]);
  expect(await cli(["check", LAB])).toMatchObject({ code: 0 });
}

const { wireguard, tun } = probeFeatures(["wireguard", "tun"]);
const isInstalled = (process.env["PATH"] ?? "").split(":").some((path) => existsSync(join(path, "wireguard-go")));
const reason =
  wireguard?.ok === true ? "the kernel has WireGuard" : tun?.ok !== true ? "needs /dev/net/tun" : "needs wireguard-go";

test("without the program it is refused before anything is built, with what to install", async (context) => {
  context.skip(wireguard?.ok === true, "the kernel has WireGuard");
  const bare = mkdtempSync(join(tmpdir(), "e2e-no-wireguard-"));
  for (const tool of [
    "ip",
    "iptables",
    "iptables-save",
    "ip6tables",
    "nft",
    "ipset",
    "conntrack",
    "tcpdump",
    "ping",
    "mount",
    "nsenter",
    "unshare",
    "setpriv",
    "sysctl",
    "sh",
    "dig",
    "bridge",
    "tc",
    "iptables-restore",
    "ip6tables-save",
  ])
    execFileSync("sh", ["-c", `ln -s "$(command -v ${tool})" ${bare}/`]);
  writeFileSync(fileOf(LAB), text(LAB));
  const { code, stdout, stderr } = await cli(["up", fileOf(LAB)], { env: { PATH: bare } });
  expect(code).toBe(3);
  expect(stdout + stderr).toContain("wireguard-go, which does it in user space, is not installed");
  expect(stdout + stderr).toContain("apt-get install wireguard-go");
  expect(tracesOf(LAB)).toEqual([]);
  rmSync(bare, { recursive: true });
});

describe.skipIf(wireguard?.ok === true || tun?.ok !== true || !isInstalled)(`wireguard-go (${reason})`, () => {
  beforeAll(async () => {
    for (const name of LABS) {
      writeFileSync(fileOf(name), text(name));
      const { code, stdout } = await cli(["up", fileOf(name)]);
      expect([name, code, stdout]).toEqual([name, 0, expect.stringContaining("by wireguard-go, in user space")]);
    }
  }, 60_000);
  afterAll(async () => {
    for (const name of LABS) await cli(["down", name]);
    rmSync(folder, { recursive: true });
    for (const name of LABS) expect(tracesOf(name)).toEqual([]);
    expect(running()).toEqual([]);
    // The place where it would put its sockets by itself.
    expect(existsSync("/run/wireguard")).toBe(false);
  });

  test("a peer that is as it should be keeps its session when others are repaired", async () => {
    const peersOf = async (): Promise<string[][]> =>
      (await inLab("a", "wg", "show", "wg0", "transfer"))
        .trim()
        .split("\n")
        .map((line) => line.split("\t"));
    expect(await cli(["check", LAB])).toMatchObject({ code: 0 });
    const [[key, received] = []] = await peersOf();
    expect(Number(received)).toBeGreaterThan(0);
    const other = Buffer.alloc(32, 9).toString("base64");
    await inLab("a", "wg", "set", "wg0", "peer", other, "allowed-ips", "10.77.0.0/16");
    expect(await differences()).toEqual([{ id: "wireguard:a:wg0", reason: `wg0: peer ${other} is not of the lab` }]);
    expect(await cli(["repair", LAB])).toMatchObject({ code: 0 });
    const after = await peersOf();
    expect(after.map(([one]) => one)).toEqual([key]);
    expect(Number(after[0]?.[1])).toBeGreaterThanOrEqual(Number(received));
    expect(await differences()).toEqual([]);
  });

  test("two labs with devices of the same names: four processes, each with its own settings", async () => {
    expect(running()).toHaveLength(4);
    expect(await differences()).toEqual([]);
    expect(await inLab("a", "wg", "show", "wg0", "endpoints")).toMatch(/\t10\.0\.0\.2:7777\n$/);
    const { stdout } = await cli(["inspect", LAB, "a", "--only", "devices"]);
    expect(stdout).toMatch(/wg0 +wireguard +up mtu 1420.* by wireguard-go/);
  });

  test("peers and port changed by hand", { timeout: 30_000 }, async () => {
    const other = execFileSync("sh", ["-c", "wg genkey | wg pubkey"], { encoding: "utf8" }).trim();
    // Not b's: a would use for 15 s what it has agreed on with b and b has lost (KEEPALIVE_TIMEOUT + REKEY_TIMEOUT).
    const harm = [
      "wg set wg0 listen-port 9999",
      'wg set wg0 peer "$(wg show wg0 peers)" remove',
      `wg set wg0 peer ${other} allowed-ips 10.8.0.9/32`,
    ];
    await inLab("a", "sh", "-ec", harm.join("; "));
    const [{ id, reason: why } = { id: "", reason: "" }, ...more] = await differences();
    expect([id, more]).toEqual(["wireguard:a:wg0", []]);
    expect(why).toContain("listen-port is 9999, should be 51820");
    expect(why).toContain(`peer ${other} is not of the lab`);
    expect(why).toContain("is missing");
    await repaired();
  });

  test("its device deleted, its process killed, its process stopped", { timeout: 60_000 }, async () => {
    const lost = ["wireguard:a:wg0", "addr:a:wg0:10.8.0.1/24", "addr:a:wg0:fd08::1/64", "route:a:10.9.0.0/16"];
    const pidOf = (): number => {
      const pids = execFileSync("ip", ["netns", "pids", `${LAB}.a`], { encoding: "utf8" })
        .trim()
        .split("\n")
        .map(Number);
      return sure(pids.find((pid) => running().includes(pid)));
    };
    const breaks: readonly (() => unknown)[] = [
      () => inNode("a", "ip", "link", "del", "wg0"),
      () => process.kill(pidOf(), "SIGKILL"),
    ];
    for (const harm of breaks) {
      harm();
      const found = await eventually(differences, (seen) => seen.length >= lost.length);
      expect(found.map(({ id }) => id)).toEqual(lost);
      expect(found[0]?.reason).toBe("wireguard-go does not run");
      await repaired();
    }
    process.kill(pidOf(), "SIGSTOP");
    expect((await differences())[0]).toEqual({ id: "wireguard:a:wg0", reason: "wg0: wireguard-go does not answer" });
    await repaired();
    expect(running()).toHaveLength(4);
  });

  test(
    "after kill -9 of the agent no process stays; the next agent starts them again",
    { timeout: 60_000 },
    async () => {
      process.kill(sure(lockHolder(stateParent(), LAB)), "SIGKILL");
      expect(await eventually(running, (seen) => seen.length === 2)).toHaveLength(2);
      expect(await cli(["check", LAB])).toMatchObject({ code: 0 });
      expect(running()).toHaveLength(4);
      await repaired();
    },
  );
});
