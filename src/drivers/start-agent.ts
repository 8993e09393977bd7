/** Starts an agent process with the protocol on its stdin and stdout and outlives us once it has a lab. */
import { within } from "../agent/within.ts";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { AgentClient } from "../agent/client.ts";
import { openClient, GREETING } from "../agent/connect.ts";
import { HostError, LabError } from "../errors.ts";
import { agentGone } from "./agent-gone.ts";
import { agentCommand, spawnAgent, takeEarlyAgent } from "./agent-program.ts";

/** Milliseconds that a dying agent is listened to. */
const LAST_WORDS = 1000;
/** Kept of what a dying agent says. */
const STDERR_LIMIT = 16 * 1024;

/** `prefix`: what to run node with (unshare …). Rejects with HostError when it does not start. */
export async function startAgent(options: {
  readonly prefix?: readonly string[];
  /** `hub`: for labs whose namespaces are in containers. */
  readonly program?: "agent" | "hub";
  /** The folder of all labs. */
  readonly parent: string;
  readonly args?: readonly string[];
}): Promise<AgentClient> {
  const argv = [...(options.prefix ?? []), ...agentCommand(options.parent, options.program, options.args)];
  const child = takeEarlyAgent(argv) ?? spawnAgent(argv);
  // Without descriptors or processes for it (EMFILE, EAGAIN) it has no pipes, and the error comes later.
  if (child.pid === undefined) {
    const [error] = (await once(child, "error")) as [Error];
    throw notStarted("", error.message);
  }
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
  const closed = new Promise<void>((resolve) => {
    child.on("close", () => resolve());
    child.on("error", () => resolve());
  });
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  let lab: string | undefined;
  const client = openClient(child.stdout, child.stdin, {
    pid: () => child.pid,
    gone: () => agentGone(options.parent, lab, said, ended),
  });
  // The agent is independent: it must not keep this process from ending.
  child.unref();
  unref(child.stderr);
  try {
    await client.call("hello", GREETING);
  } catch (error) {
    // The pipes may close before its last output and its exit code have arrived.
    await within(closed, LAST_WORDS, undefined);
    child.kill("SIGKILL");
    throw isSilent(error) ? wasEnded(error) : notStarted(said, ended);
  }
  let committed = false;
  return {
    ...client,
    call: async (method, params, onEvent) => {
      if (method === "adopt" && "lab" in params) lab = params.lab;
      try {
        const result = await client.call(method, params, onEvent);
        committed ||= method === "commit";
        return result;
      } catch (error) {
        // Nothing may stay: what it made is removed from its record once it is gone.
        if (committed || !isSilent(error)) throw error;
        child.kill("SIGKILL");
        await within(exited, LAST_WORDS, undefined);
        throw wasEnded(error);
      }
    },
  };
}

/** Only possible while the agent still exists. */
function wasEnded({ code, exitCode, message }: LabError): LabError {
  return new LabError(code, exitCode, `${message}; it was killed`, {
    hint: "run the command again",
  });
}

function isSilent(error: unknown): error is LabError {
  return error instanceof LabError && error.code === "ENOANSWER";
}

function notStarted(said: string, ended: string | undefined): HostError {
  return new HostError(
    `the agent could not be started${ended === undefined ? "" : ` (${ended})`}${said.trim() === "" ? "" : `: ${said.trim()}`}`,
    "k8snet-lab doctor shows what this host lacks",
  );
}

function unref(stream: Readable | Writable): void {
  if ("unref" in stream && typeof stream.unref === "function") stream.unref();
}
