/**
 * The agent's program, how it is started, and the one that scripts/launcher.cjs started before the rest of the command line was
 * loaded (early-agent.ts). Part of that launcher: it loads little.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export type AgentProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Young objects get less room and are collected more often: matrices make many short-lived ones. Measured on 200 pods:
 * 40,000 probes at once 120 instead of 167 MB at most, 80,000 202 instead of 293 MB, in the same time.
 * The whole size from the start, so that nothing is collected while a lab is built; an idle agent returns it.
 */
const NODE_OPTIONS = ["--min-semi-space-size=8", "--max-semi-space-size=8"];
/** The agent's program: beside this file in the bundle (all chunks lie flat in dist), src/agent/main.ts otherwise. */
function agentProgram(program: "agent" | "hub"): string {
  const bundled = process.env["K8SNET_LAB_BUNDLED"] === "1";
  return join(import.meta.dirname, bundled ? `${program}.js` : `../${program}/main.ts`);
}

/** Its argument vector. `parent`: the folder of all labs; `hub`: for labs whose namespaces are in containers. */
export function agentCommand(
  parent: string,
  program: "agent" | "hub" = "agent",
  args: readonly string[] = [],
): readonly string[] {
  return [process.execPath, ...NODE_OPTIONS, agentProgram(program), "--parent", parent, ...args];
}

/** Without descriptors or processes for it (EMFILE, EAGAIN) it has neither pid nor pipes, and an `error` event follows. */
export function spawnAgent([file = "", ...args]: readonly string[]): AgentProcess {
  // Started from a shell of a lab, it is not a process of that lab.
  const { K8SNET_LAB_ID: _, ...env } = process.env;
  return spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true, cwd: "/", env });
}

/** The launcher and the program that it loads have no modules in common. */
const EARLY = Symbol.for("k8snet-lab early agent");
const shared = globalThis as { [EARLY]?: AgentProcess | undefined };

export function keepEarlyAgent(child: AgentProcess): void {
  shared[EARLY] = child;
}

/** The agent that is starting already, once, if it runs and was started by this same command. */
export function takeEarlyAgent(argv: readonly string[]): AgentProcess | undefined {
  const child = shared[EARLY];
  if (child?.spawnargs.join("\n") !== argv.join("\n") || child.exitCode !== null) return undefined;
  shared[EARLY] = undefined;
  return child;
}
