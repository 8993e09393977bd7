/**
 * Several Docker engines, each on a machine of its own as far as they can tell: a namespace with one link to a switch that
 * joins them, its own data and address pools.
 *
 *   east (172.31.9.1) ─┬─ west (172.31.9.2)
 *                      └─ north (172.31.9.3)
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngine, unmountBelow } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";
import { eventually } from "../wait.ts";

const SWITCH = "k8snettestwire";
const BRIDGE = "br0";

export interface EngineGroup {
  /** By context name; all but the second have the node image. */
  readonly engines: ReadonlyMap<string, TestEngine>;
  /** With a context for each. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the machine. */
  address(name: string): string;
  /** Lines that tcpdump prints of what passes between an engine's machine and the others, from when it listens. */
  listen(name: string, ...filter: readonly string[]): Promise<WireTap>;
  /** Makes a Swarm of all, the first its manager. */
  joinSwarm(): Promise<void>;
  /** All of them, as far as they run. */
  leaveSwarm(): void;
  stop(): Promise<void>;
}

export interface WireTap {
  /** Resolves with false when no such line came in time. */
  saw(pattern: RegExp, limit?: number): Promise<boolean>;
  stop(): void;
}

export async function startEngines(names: readonly string[]): Promise<EngineGroup> {
  const folder = mkdtempSync(join(tmpdir(), "k8snettest-engines-"));
  const engines = new Map<string, TestEngine>();
  const ip = (...args: readonly string[]): void => void execFileSync("ip", [...args]);
  const address = (name: string): string => `172.31.9.${names.indexOf(name) + 1}`;
  const stop = async (): Promise<void> => {
    await Promise.all([...engines.values()].map((engine) => engine.stop()));
    ip("netns", "del", SWITCH);
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const leaveSwarm = (): void => {
    for (const { env } of engines.values())
      for (const argv of [
        ["swarm", "leave", "--force"],
        ["network", "rm", "docker_gwbridge"],
      ])
        spawnSync("docker", argv, { env: { ...process.env, ...env }, stdio: "ignore" });
  };
  const joinSwarm = async (): Promise<void> => {
    const [first = "", ...others] = names;
    const manager = engines.get(first);
    if (manager === undefined) throw new Error("no engines");
    manager.docker("swarm", "init", "--advertise-addr", address(first));
    const token = manager.docker("swarm", "join-token", "--quiet", "worker").trim();
    for (const name of others) {
      const engine = engines.get(name);
      const join = ["swarm", "join", "--advertise-addr", address(name), "--token", token, `${address(first)}:2377`];
      // On a busy machine it says that it goes on by itself.
      spawnSync("docker", join, { env: { ...process.env, ...engine?.env }, stdio: "ignore" });
      const state = await eventually(
        () => engine?.docker("info", "--format", "{{.Swarm.LocalNodeState}}").trim(),
        (seen) => seen === "active",
        { within: 60_000, every: 200 },
      );
      if (state !== "active") throw new Error(`${name} does not get into the Swarm`);
    }
  };
  ip("netns", "add", SWITCH);
  try {
    ip("-n", SWITCH, "link", "add", BRIDGE, "type", "bridge");
    ip("-n", SWITCH, "link", "set", BRIDGE, "up");
    for (const [i, name] of names.entries()) {
      const wire = (namespace: string): void => {
        ip("-n", SWITCH, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace);
        ip("-n", SWITCH, "link", "set", name, "master", BRIDGE, "up");
        ip("-n", namespace, "link", "set", "eth0", "up");
        ip("-n", namespace, "addr", "add", `${address(name)}/24`, "dev", "eth0");
      };
      const pools = ["--bip", `172.2${i}.0.1/24`, "--default-address-pool", `base=172.2${i}.128.0/17,size=24`];
      // The second gets its image from the first.
      engines.set(name, await startEngine(`k8snettest${name}`, { bare: i === 1, args: pools, wire }));
    }
    const contexts = join(folder, "contexts");
    for (const [name, { host }] of engines) {
      execFileSync("docker", ["context", "create", name, "--docker", `host=${host}`], {
        env: { ...process.env, DOCKER_CONFIG: contexts },
        stdio: "ignore",
      });
    }
    return { engines, env: { DOCKER_CONFIG: contexts }, address, listen, joinSwarm, leaveSwarm, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listen(name: string, ...filter: readonly string[]): Promise<WireTap> {
  const argv = [
    "--net=/run/netns/" + SWITCH,
    "tcpdump",
    "-Z",
    "root",
    "-l",
    "-nn",
    "-i",
    name,
    "-T",
    "vxlan",
    ...filter,
  ];
  const child = spawn("nsenter", argv, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const watchers = new Set<() => void>();
  const add = (more: string): void => {
    text += more;
    for (const watcher of watchers) watcher();
  };
  child.stdout.setEncoding("utf8").on("data", add);
  child.stderr.setEncoding("utf8").on("data", add);
  child.once("exit", () => add(""));
  const saw = (pattern: RegExp, limit = 15_000): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (seen: boolean): void => {
        watchers.delete(look);
        resolve(seen);
      };
      const look = (): void => {
        if (pattern.test(text)) end(true);
        else if (child.exitCode !== null) end(false);
      };
      AbortSignal.timeout(limit).addEventListener("abort", () => end(false));
      watchers.add(look);
      look();
    });
  if (!(await saw(/listening on/))) throw new Error(`tcpdump does not listen: ${text}`);
  return { saw, stop: () => void child.kill() };
}
