/** The ping probe: iputils' ping, started inside the namespace, its answer read from what it prints. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { labEnvironment } from "../../apply/spawn.ts";
import type { Probe } from "../protocol.ts";
import type { Attempt, AttemptTarget, Finding } from "./attempt.ts";
import { parsePing } from "./ping-output.ts";

type PingProbe = Extract<Probe, { kind: "ping" }>;

/** ping is asked to end by itself at the deadline; when it does not, it is interrupted, later killed. */
const GRACE_MS = 1000;
const OUTPUT_LIMIT = 64 * 1024;

export class PingAttempt implements Attempt {
  readonly #probe: PingProbe;
  readonly #target: AttemptTarget;
  readonly #finish: (finding: Finding) => void;
  #child: ChildProcess | undefined;
  #kill: NodeJS.Timeout | undefined;

  constructor(probe: PingProbe, target: AttemptTarget, finish: (finding: Finding) => void) {
    this.#probe = probe;
    this.#target = target;
    this.#finish = finish;
  }

  open(): void {
    const [program = "ping", ...args] = pingCommand(this.#probe, this.#target);
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: labEnvironment({ LC_ALL: "C" }),
    });
    this.#child = child;
    const output = { stdout: "", stderr: "" };
    child.stdout
      .setEncoding("utf8")
      .on("data", (s: string) => (output.stdout = (output.stdout + s).slice(0, OUTPUT_LIMIT)));
    child.stderr
      .setEncoding("utf8")
      .on("data", (s: string) => (output.stderr = (output.stderr + s).slice(0, OUTPUT_LIMIT)));
    child.on("error", (error: NodeJS.ErrnoException) => {
      this.#end({ outcome: "unreachable", error: startFailure(error), ping: { sent: 0, received: 0 } });
    });
    child.on("close", () => this.#end(parsePing(output.stdout, output.stderr)));
  }

  /** SIGINT makes ping print what it knows; close() then ends the attempt. */
  expire(): void {
    this.#child?.kill("SIGINT");
    this.#kill = setTimeout(() => this.#child?.kill("SIGKILL"), GRACE_MS);
  }

  #end(finding: Finding): void {
    clearTimeout(this.#kill);
    this.#child = undefined;
    this.#finish(finding);
  }
}

function startFailure(error: NodeJS.ErrnoException): string {
  return error.code === "ENOENT"
    ? "ping is not installed: install iputils-ping (Debian, Ubuntu) or iputils (Fedora, Alpine)"
    : `ping could not be started: ${error.message}`;
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
