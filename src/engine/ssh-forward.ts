/**
 * An engine behind ssh: one `ssh -L` forwards its socket to one of our own. The system's ssh knows the user's keys, agents,
 * configuration and known hosts; dockerode's own opens a connection per request and checks no host key.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HostError, UsageError } from "../errors.ts";

export interface SocketForward {
  readonly path: string;
  close(): void;
}

const CONNECT_LIMIT = 20_000;
const REMOTE_SOCKET = "/var/run/docker.sock";

/** `host`: ssh://[USER@]HOST[:PORT][/PATH/OF/SOCKET]. Rejects with HostError with what ssh said. */
export async function forwardSocket(host: string): Promise<SocketForward> {
  let url: URL;
  try {
    url = new URL(host);
  } catch {
    throw new UsageError(`${host} is not an address of a Docker engine`, "write ssh://USER@HOST");
  }
  if (url.hostname === "" || url.hostname.startsWith("-") || url.username.startsWith("-"))
    throw new UsageError(`${host} names no host`, "write ssh://USER@HOST");
  const folder = mkdtempSync(join(tmpdir(), "k8snet-lab-ssh-"));
  const path = join(folder, "docker.sock");
  const remote = url.pathname.length > 1 ? url.pathname : REMOTE_SOCKET;
  const argv = [
    "-N",
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "ExitOnForwardFailure=yes",
    "-o",
    "StreamLocalBindUnlink=yes",
    "-o",
    "ConnectTimeout=15",
    "-o",
    "ServerAliveInterval=15",
    ...(url.port === "" ? [] : ["-p", url.port]),
    ...(url.username === "" ? [] : ["-l", decodeURIComponent(url.username)]),
    "-L",
    `${path}:${remote}`,
    "--",
    url.hostname,
  ];
  const child = spawn("ssh", argv, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let ended = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4096)));
  child.on("error", (error) => ((said ||= error.message), (ended = true)));
  child.on("exit", () => (ended = true));
  const close = (): void => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const exit = (): void => close();
  process.once("exit", exit);
  for (const until = performance.now() + CONNECT_LIMIT; !existsSync(path); await sleep(20)) {
    if (!ended && performance.now() < until) continue;
    process.off("exit", exit);
    close();
    throw new HostError(
      `ssh could not reach ${host}: ${said.trim() === "" ? "no answer" : said.trim()}`,
      `try it by hand: ssh ${url.port === "" ? "" : `-p ${url.port} `}${url.username === "" ? "" : `${url.username}@`}${url.hostname} docker version`,
    );
  }
  child.unref();
  (child.stderr as unknown as { unref?: () => void }).unref?.();
  return { path, close: () => (process.off("exit", exit), close()) };
}
