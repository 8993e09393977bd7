/** What a command may touch of the process it runs in: streams, environment, signals. Injected, so that tests need no globals. */
import { calledAs, type CalledAs } from "./called-as.ts";
import { EXIT } from "../errors.ts";
import { wantsColor } from "../report/color.ts";
import { guardedStream } from "./guarded-stream.ts";
import { makeInterrupt, type Interrupt } from "../workflow/interrupt.ts";

export interface CliContext {
  readonly stdin: NodeJS.ReadStream;
  /** Text that is written here is made fit to be shown first, see printable.ts. */
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Unescaped: for the terminal UI, and for commands to the CI system, which escape on their own. */
  readonly raw: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };
  /** How commands are written on the raw streams; the others do it on their own. */
  readonly called: CalledAs;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupt: Interrupt;
  /**
   * Aborted when stdout cannot be written any more, with the error's code: EPIPE when its reader closes early (`| head`), which
   * is not a failure. Further writes are harmless and useless.
   */
  readonly outputClosed: AbortSignal;
  /** What the process will exit with; commands set it, 0 otherwise. `exec` passes on any code. */
  exitCode: number;
  /** Whether unknown errors show their stack and known ones their cause. */
  debug: boolean;
}

/**
 * The context of the real process. An output that cannot be written (a reader that goes away, a full disk, a terminal that
 * is gone) does not end the process: a build must not be cut short by `| head`. It is reported once, and by the exit code.
 */
export function processContext(): CliContext {
  const closed = new AbortController();
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (closed.signal.aborted) return;
    closed.abort(code);
    const why = code === "ENOSPC" ? "no space left on device" : message;
    if (code !== "EPIPE") process.stderr.write(`error: stdout cannot be written: ${why}\n`);
  });
  process.stderr.on("error", () => {}); // nowhere to say it
  const called = calledAs({ env: process.env, argv: process.argv, uid: process.getuid?.(), cwd: process.cwd() });
  return {
    // Few commands read it, and opening it takes milliseconds.
    get stdin() {
      return process.stdin;
    },
    stdout: guardedStream(process.stdout, wantsColor(process.stdout, process.env), called),
    stderr: guardedStream(process.stderr, wantsColor(process.stderr, process.env), called),
    raw: { stdout: process.stdout, stderr: process.stderr },
    called,
    env: process.env,
    cwd: process.cwd(),
    interrupt: makeInterrupt(process.stderr),
    outputClosed: closed.signal,
    exitCode: EXIT.ok,
    debug: false,
  };
}
