/** Runs iptables, nft, ipset and ipvsadm in a namespace: as runIn does, without what a process of the lab needs beyond that. */
import { hostLack, messageOf } from "../errors.ts";
import type { RunResult } from "./run-result.ts";
import { enterNetns, type NetnsHandle } from "../kernel/netns.ts";
import { startTool, type Tool, type ToolInput } from "../kernel/tool-process.ts";
import { findProgram } from "./find-program.ts";
import { labEnvironment } from "./spawn.ts";

/** Milliseconds; a table of 20,000 rules takes under a second. */
const TIMEOUT = 60_000;
/** Bytes of output that are read: a table of 20,000 rules has 4 MB. */
const LIMIT = 256 * 1024 * 1024;

const found = new Map<string, string>();

function start(handle: NetnsHandle, argv: readonly string[], input: ToolInput): Tool {
  const env = labEnvironment();
  const [name = ""] = argv;
  const path = found.get(name) ?? findProgram(name, env["PATH"] ?? "", "/");
  found.set(name, path);
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return enterNetns(handle, () => startTool(path, argv, variables, input));
}

/**
 * A tool that cannot be started has exit code 127. `take` is given the lines of stdout of one that succeeds, which are then left out of
 * the result. Rejects with HostError where this machine lacks the resources for it.
 */
export async function runTool(
  handle: NetnsHandle,
  argv: readonly string[],
  input: ToolInput = "",
  take?: (lines: Iterable<string>) => void,
): Promise<RunResult> {
  let tool: Tool;
  try {
    tool = start(handle, argv, input);
  } catch (error) {
    const lack = hostLack(error);
    if (lack !== undefined) throw lack;
    const stderr = messageOf(error);
    return { exitCode: 127, stdout: "", stderr, timedOut: false };
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    process.kill(-tool.pid, "SIGKILL");
  }, TIMEOUT);
  try {
    const exitCode = await tool.ended;
    if (exitCode === 0) take?.(tool.lines());
    const [stdout, stderr] = [take === undefined ? tool.output("stdout", LIMIT) : "", tool.output("stderr", LIMIT)];
    if (exitCode !== 0 || stdout.length < LIMIT) return { exitCode, stdout, stderr, timedOut };
    // Truncated output would be taken for the whole state.
    return { exitCode: 1, stdout: "", stderr: `${argv.join(" ")} wrote more than ${LIMIT / 2 ** 20} MiB`, timedOut };
  } finally {
    clearTimeout(timer);
    tool.close();
  }
}

/** What a tool wrote to stdout. Throws what it wrote to stderr where it failed. */
export async function toolOutput(...given: Parameters<typeof runTool>): Promise<string> {
  const { exitCode, stdout, stderr, timedOut } = await runTool(...given);
  if (exitCode === 0) return stdout;
  const [, argv] = given;
  const why = timedOut ? `did not end within ${TIMEOUT / 1000} s` : "failed";
  throw new Error(stderr.trim() === "" ? `${argv.join(" ")} ${why}` : stderr.trim());
}

/** What `read` makes of the lines that a tool wrote to stdout. Throws as toolOutput does. */
export async function toolLines<T>(
  handle: NetnsHandle,
  argv: readonly string[],
  read: (lines: Iterable<string>) => T,
): Promise<T> {
  let made: [T] | undefined;
  await toolOutput(handle, argv, "", (lines) => (made = [read(lines)]));
  return (made as [T])[0];
}
