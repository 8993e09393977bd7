/**
 * A Docker engine of the tests' own, in a network namespace of its own: the machine's links and rules, and its engine if
 * it has one, stay as they are. Its data lie in .node/engines/NAME; images are hard links to those of .node/engine, where they
 * are made once.
 */
import { createHash } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { Engine } from "../../src/engine/engine.ts";
import { imageContent } from "../../src/engine/image-content.ts";
import { ONLINE } from "../downloads.ts";
import { ensureImage, listImages, LOCAL_BASE, removeImages } from "../../src/engine/image.ts";
import { eventually } from "../wait.ts";

const root = join(import.meta.dirname, "../..");
const BASE_SCRIPT = join(root, "scripts/base-image");
const STORE = join(root, ".node/engine");
/** Says what the images in the store were made of. */
const STAMP = join(root, ".node/engine.stamp");
/** Where Docker keeps images (with its driver overlay2). */
const IMAGES = ["image", "overlay2"] as const;
const START_LIMIT = 30_000;

export interface TestEngine {
  /** `unix:///…` */
  readonly host: string;
  /** Its data folder. */
  readonly data: string;
  readonly env: Readonly<Record<string, string>>;
  docker(...args: readonly string[]): string;
  /** Ends the daemon, and its containers with it. */
  end(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP to the daemon, SIGCONT: it answers nothing meanwhile. */
  pause(): void;
  resume(): void;
  restart(): Promise<void>;
  /** Ends it, and removes its namespace. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** More of dockerd's. */
  readonly args?: readonly string[];
  /** Without images. */
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

function baseHash(): string {
  return createHash("sha256").update(readFileSync(BASE_SCRIPT)).digest("hex").slice(0, 16);
}

/** Made by the script as it is now. */
function hasBase(docker: TestEngine["docker"]): boolean {
  return docker("images", "-q", "--filter", `label=io.k8snet-lab.base=${baseHash()}`, LOCAL_BASE).trim() !== "";
}

/** Calls of several lanes one after the other. */
async function alone<T>(act: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [`${STAMP}.lock`, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await once(holder.stdout, "data");
    return await act();
  } finally {
    holder.stdin.end();
  }
}

/** Puts the images as they are now into a data folder; makes them first where they are not in the store. */
async function takeImages(data: string): Promise<void> {
  const stamp = `${baseHash()} ${(await imageContent("")).hash}`;
  await alone(async () => {
    if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== stamp) {
      rmSync(STAMP, { force: true });
      const engine = await launch("k8snetstore", STORE);
      try {
        await makeImages(engine);
      } finally {
        await engine.stop();
      }
      writeFileSync(STAMP, stamp);
    }
    execFileSync("cp", ["--archive", "--link", ...IMAGES.map((name) => join(STORE, name)), data]);
  });
}

async function makeImages({ docker, env, host }: TestEngine): Promise<void> {
  if (!hasBase(docker)) {
    const [command = "", ...args] = [...ONLINE, BASE_SCRIPT, process.execPath];
    // Not synchronously: the engine closes connections that were idle for minutes, and that has to be noticed.
    await execa(command, args, { env });
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
}

/** A daemon leaves namespaces of a Swarm's networks mounted. */
export function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const below = mounts.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
  for (const path of below.toReversed()) execFileSync("umount", ["--lazy", path]);
}

/** `name`: of its namespace. With the node image in it. */
export async function startEngine(name: string, options: EngineOptions = {}): Promise<TestEngine> {
  const data = join(root, ".node/engines", name);
  // Of a run that was killed.
  clear(data);
  mkdirSync(data, { recursive: true });
  if (options.bare !== true) await takeImages(data);
  const engine = await launch(name, data, options);
  return {
    ...engine,
    stop: async () => {
      await engine.stop();
      clear(data);
    },
  };
}

function clear(folder: string): void {
  unmountBelow(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function launch(name: string, data: string, options: EngineOptions = {}): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
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
    const open = async (): Promise<unknown> => {
      try {
        (await Engine.open({ context: "default", host })).close();
        return undefined;
      } catch (error) {
        return error;
      }
    };
    const cause = await eventually(open, (error) => error === undefined || daemon?.exitCode !== null, {
      within: START_LIMIT,
    });
    if (cause === undefined) return;
    const said = readFileSync(join(folder, "dockerd.log"), "utf8").slice(-2000);
    throw new Error(`dockerd does not start: ${said}`, { cause });
  };
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => daemon?.once("exit", resolve));
    if (daemon?.exitCode !== null) return;
    daemon.kill("SIGTERM");
    await ended;
  };
  const engine: TestEngine = {
    host,
    data,
    env,
    docker,
    end,
    start,
    pause: () => void daemon?.kill("SIGSTOP"),
    resume: () => void daemon?.kill("SIGCONT"),
    restart: async () => {
      await end();
      await start();
    },
    stop: async () => {
      await end();
      execFileSync("ip", ["netns", "del", name]);
      clear(folder);
    },
  };
  try {
    await start();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}
