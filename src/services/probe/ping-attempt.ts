/** The ping probe: iputils' ping, started inside the namespace, its answer read from what it prints. */
import { messageOf } from "../../errors.ts";
import { findProgram } from "../../apply/find-program.ts";
import { labEnvironment } from "../../apply/spawn.ts";
import { startTool, type Tool } from "../../kernel/tool-process.ts";
import type { Probe } from "./protocol.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import { parsePing } from "./ping-output.ts";

type PingProbe = Extract<Probe, { kind: "ping" }>;

/** ping is started with the deadline; when did not exit in time, it is interrupted, later killed. */
const GRACE_MS = 1000;
const OUTPUT_LIMIT = 64 * 1024;

export class PingAttempt implements Attempt {
  readonly #probe: PingProbe;
  readonly #target: AttemptTarget;
  readonly #finish: (finding: AttemptResult) => void;
  #tool: Tool | undefined;
  #kill: NodeJS.Timeout | undefined;

  constructor(probe: PingProbe, target: AttemptTarget, finish: (finding: AttemptResult) => void) {
    this.#probe = probe;
    this.#target = target;
    this.#finish = finish;
  }

  open(): void {
    const env = labEnvironment({ LC_ALL: "C" });
    const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    let tool: Tool;
    try {
      tool = startTool(pingProgram(env["PATH"] ?? ""), pingCommand(this.#probe, this.#target), variables);
    } catch (error) {
      const finding: AttemptResult = {
        outcome: "unreachable",
        error: startFailure(error),
        ping: { sent: 0, received: 0 },
      };
      setImmediate(() => this.#end(finding));
      return;
    }
    this.#tool = tool;
    void tool.ended.then(() => {
      const finding = parsePing(tool.output("stdout", OUTPUT_LIMIT), tool.output("stderr", OUTPUT_LIMIT));
      tool.close();
      this.#end(finding);
    });
  }

  /** SIGINT makes ping print what it knows; its end ends the attempt. */
  expire(): void {
    this.#signal("SIGINT");
    this.#kill = setTimeout(() => this.#signal("SIGKILL"), GRACE_MS);
  }

  /** The kernel does not reuse its pid before it has been reaped. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#tool !== undefined) process.kill(this.#tool.pid, signal);
  }

  #end(finding: AttemptResult): void {
    clearTimeout(this.#kill);
    this.#tool = undefined;
    this.#finish(finding);
  }
}

let found: string | undefined;

/** Throws when it is missing. */
function pingProgram(path: string): string {
  return (found ??= findProgram("ping", path, "/"));
}

function startFailure(error: unknown): string {
  return found === undefined
    ? "ping is not installed: install iputils-ping (Debian, Ubuntu) or iputils (Fedora, Alpine)"
    : `ping could not be started: ${messageOf(error)}`;
}

/** The command line (ping(8)). The interval fits all requests into the first half of the timeout. */
export function pingCommand(probe: PingProbe, target: AttemptTarget): string[] {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const interval = Math.max(10, Math.min(200, probe.timeout / (2 * probe.count)));
  const wait = Math.max(10, probe.timeout - interval * (probe.count - 1));
  return [
    "ping",
    target.address.includes(":") ? "-6" : "-4",
    "-n",
    "-c",
    String(probe.count),
    "-i",
    seconds(interval),
    "-W",
    seconds(wait),
    ...(probe.size === undefined ? [] : ["-s", String(probe.size)]),
    ...(probe.df ? ["-M", "do"] : []),
    ...(target.marks === undefined ? [] : ["-e", String(target.marks.pingId), "-p", target.marks.pingPattern]),
    target.address,
  ];
}
