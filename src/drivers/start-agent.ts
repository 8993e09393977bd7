/** Starts an agent process that speaks the protocol on its stdin and stdout and outlives us once it has a lab. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Readable, Writable } from "node:stream";
import type { AgentClient } from "../agent/client.ts";
import { openClient } from "../agent/connect.ts";
import { EXIT, HostError, LabError } from "../errors.ts";

/** Kept of what a dying agent says. */
const STDERR_LIMIT = 16 * 1024;

/** The agent's program: beside this file in the bundle (all chunks lie flat in dist), src/agent/main.ts otherwise. */
function agentProgram(): string {
  const bundled = process.env["K8SNET_LAB_BUNDLED"] === "1";
  return fileURLToPath(new URL(bundled ? "agent.js" : "../agent/main.ts", import.meta.url));
}

/** `prefix`: what to run node with (unshare …). Rejects with HostError when it does not start. */
export async function startAgent(options: {
  readonly prefix?: readonly string[];
  readonly args: readonly string[];
}): Promise<AgentClient> {
  const [file, ...args] = [...(options.prefix ?? []), process.execPath, agentProgram(), ...options.args];
  if (file === undefined) throw new Error("no program");
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true, cwd: "/" });
  let said = "";
  let ended: string | undefined;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-STDERR_LIMIT);
  });
  child.on("error", (error) => {
    ended = error.message;
  });
  child.on("exit", (code, signal) => {
    ended = signal === null ? `exit code ${code}` : `killed by ${signal}`;
  });
  let greeted = false;
  const client = openClient(child.stdout, child.stdin, () => {
    if (!greeted) return notStarted(said, ended);
    return new LabError(
      "EAGENT",
      EXIT.buildFailed,
      `the lab's agent is gone${ended === undefined ? "" : ` (${ended})`}${said === "" ? "" : `: ${said.trim()}`}`,
      {
        hint: "k8snet-lab ls shows what it left, k8snet-lab gc sweeps it",
      },
    );
  });
  // The agent's life is its own: nothing of it may keep this process from ending.
  child.unref();
  unref(child.stderr);
  await client.call("hello", { client: `k8snet-lab pid ${process.pid}` });
  greeted = true;
  return client;
}

function notStarted(said: string, ended: string | undefined): HostError {
  return new HostError(
    `the agent could not be started${ended === undefined ? "" : ` (${ended})`}${said.trim() === "" ? "" : `: ${said.trim()}`}`,
    "k8snet-lab doctor says what this host lacks",
  );
}

function unref(stream: Readable | Writable): void {
  if ("unref" in stream && typeof stream.unref === "function") stream.unref();
}
