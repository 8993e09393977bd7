/**
 * A Docker engine of the tests' own, in a network namespace of its own: the machine's links and rules, and its engine if
 * it has one, stay as they are. What it keeps (images) lies in .node/engine, so that the next run is quicker.
 */
import { createHash } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Engine } from "../../src/engine/engine.ts";
import { ONLINE } from "../downloads.ts";
import { ensureImage, listImages, LOCAL_BASE, removeImages } from "../../src/engine/image.ts";

const root = join(import.meta.dirname, "../..");
const BASE_SCRIPT = join(root, "scripts/base-image");
const START_LIMIT = 30_000;

export interface TestEngine {
  /** `unix:///…` */
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  docker(...args: readonly string[]): string;
  /** Ends the daemon, and its containers with it. */
  end(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it, and removes its namespace. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Where it keeps images; default .node/engine. */
  readonly data?: string;
  /** More of dockerd's. */
  readonly args?: readonly string[];
  /** Without the node image. */
  readonly bare?: boolean;
  /** Makes links in its namespace. */
  readonly wire?: (namespace: string) => void;
}

/** Why there can be no engine here; undefined when there can. */
export function whyNoEngine(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  for (const [tool, name] of [
    ["dockerd", "docker"],
    ["docker", "docker"],
    ["mmdebstrap", "mmdebstrap"],
  ] as const) {
    const found = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, tool)));
    if (!found && !existsSync(`/usr/sbin/${tool}`)) return `needs ${name}`;
  }
  return undefined;
}

/** Made by the script as it is now. */
function hasBase(docker: TestEngine["docker"]): boolean {
  const script = createHash("sha256").update(readFileSync(BASE_SCRIPT)).digest("hex").slice(0, 16);
  const label = "label=io.k8snet-lab.base";
  return docker("images", "-q", "--filter", `${label}=${script}`, LOCAL_BASE).trim() !== "";
}

/** A daemon leaves namespaces of a Swarm's networks mounted. */
export function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const below = mounts.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
  for (const path of below.toReversed()) execFileSync("umount", ["--lazy", path]);
}

/** `name`: of its namespace. With the node image in it. */
export async function startEngine(name: string, options: EngineOptions = {}): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const data = options.data ?? join(root, ".node/engine");
  mkdirSync(data, { recursive: true });
  const host = `unix://${folder}/docker.sock`;
  const env = { DOCKER_HOST: host, DOCKER_CONFIG: folder };
  execFileSync("ip", ["netns", "add", name]);
  execFileSync("ip", ["-n", name, "link", "set", "lo", "up"]);
  options.wire?.(name);
  let daemon: ChildProcess | undefined;
  const docker = (...args: readonly string[]): string =>
    execFileSync("docker", [...args], { env: { ...process.env, ...env }, encoding: "utf8" });
  const start = async (): Promise<void> => {
    if (daemon?.exitCode === null && daemon.signalCode === null) return;
    const log = openSync(join(folder, "dockerd.log"), "a");
    const argv = [
      `--net=/run/netns/${name}`,
      "dockerd",
      "--data-root",
      data,
      "--exec-root",
      join(folder, "exec"),
      "--pidfile",
      join(folder, "pid"),
      "--host",
      host,
      ...(options.args ?? []),
    ];
    daemon = spawn("nsenter", argv, { stdio: ["ignore", log, log] });
    for (const until = performance.now() + START_LIMIT; ; await sleep(100)) {
      try {
        (await Engine.open({ context: "default", host })).close();
        return;
      } catch (error) {
        if (performance.now() < until && daemon.exitCode === null) continue;
        throw new Error(`dockerd does not start: ${readFileSync(join(folder, "dockerd.log"), "utf8").slice(-2000)}`, {
          cause: error,
        });
      }
    }
  };
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => daemon?.once("exit", resolve));
    if (daemon?.exitCode !== null) return;
    daemon.kill("SIGTERM");
    await ended;
  };
  const engine: TestEngine = {
    host,
    env,
    docker,
    end,
    start,
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      execFileSync("ip", ["netns", "del", name]);
      unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await start();
    if (options.bare === true) return engine;
    if (!hasBase(docker)) {
      const [command = "", ...args] = [...ONLINE, BASE_SCRIPT, process.execPath];
      execFileSync(command, args, {
        env: { ...process.env, ...env },
        stdio: "pipe",
      });
    }
    const opened = await Engine.open({ context: "default", host });
    const { tag: wanted } = await ensureImage(opened);
    const stale = (await listImages(opened)).filter(({ tag }) => tag !== wanted);
    if (stale.length > 0)
      await removeImages(
        opened,
        stale.map(({ tag }) => tag),
      );
    opened.close();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}
