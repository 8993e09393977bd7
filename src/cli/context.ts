/** What a command may touch of the process it runs in: streams, environment, signals. Injected, so that tests need no globals. */
import { EXIT } from "../errors.ts";
import { wantsColor } from "../report/color.ts";
import { guardedStream } from "./guarded-stream.ts";
import { makeInterrupt } from "./interrupt.ts";
import type { Interrupt } from "./interrupt.ts";

export interface CliContext {
  readonly stdin: NodeJS.ReadStream;
  /** Text that is written here is made fit to be shown first, see printable.ts. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** As they are: for the terminal UI, and for commands to the CI system, whose makers escape by themselves. */
  readonly raw: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupt: Interrupt;
  /** Aborted when nobody reads stdout any more (`| head`). Writing on is harmless, and useless. */
  readonly outputClosed: AbortSignal;
  /** What the process will exit with; commands set it, 0 otherwise. `exec` passes on any code. */
  exitCode: number;
  /** Whether unknown errors show their stack and known ones their cause. */
  debug: boolean;
}

/** The context of the real process. A reader that goes away (EPIPE) ends nothing by itself: a build must not be cut short by `| head`. */
export function processContext(): CliContext {
  const closed = new AbortController();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (stream === process.stdout) closed.abort();
    });
  }
  return {
    stdin: process.stdin,
    stdout: guardedStream(process.stdout, wantsColor(process.stdout, process.env)),
    stderr: guardedStream(process.stderr, wantsColor(process.stderr, process.env)),
    raw: { stdout: process.stdout, stderr: process.stderr },
    env: process.env,
    cwd: process.cwd(),
    interrupt: makeInterrupt(process.stderr),
    outputClosed: closed.signal,
    exitCode: EXIT.ok,
    debug: false,
  };
}
