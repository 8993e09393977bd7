/** The reporters of a command's events, chosen by flags, terminal and CI. */
import type { EventSink, StampedEvent } from "../events.ts";
import { detectCi } from "../report/ci.ts";
import { paint } from "../report/color.ts";
import type { Reporter, ReporterOptions } from "../report/reporter.ts";
import { REPORTERS } from "../report/reporters.ts";
import type { ReporterKind } from "../report/reporters.ts";
import type { CliContext } from "./context.ts";
import type { OutputOptions } from "./options.ts";
import { mustBeWritable, notWritten } from "./writable.ts";
import type { WrittenPaths } from "./writable.ts";

export interface Output {
  readonly sink: EventSink;
  /** Writes what is written at the end (JUnit, TAP, summary). */
  end(): Promise<void>;
}

/** Without --plain and friends, on a terminal and outside CI, the terminal UI is shown. */
export function wantsTui(context: CliContext, options: OutputOptions): boolean {
  const machine = options.plain === true || options.json === true || options.tap === true;
  return (
    !machine &&
    context.stdout.isTTY &&
    context.stdin.isTTY &&
    context.env["TERM"] !== "dumb" &&
    detectCi(context.env) === undefined
  );
}

/**
 * `main: false`: nothing on stdout (the terminal UI has it), only report files.
 * `buffered`: plain lines of a lab are printed together when flush() is called, so that labs side by side do not mix.
 */
export function makeOutput(
  context: CliContext,
  options: OutputOptions & WrittenPaths,
  settings: { main: boolean; buffered?: boolean; suite?: string },
): Output & { flush(labName: string): void } {
  mustBeWritable(options, context);
  const ci = detectCi(context.env);
  const toStdout = (text: string): void => void context.stdout.write(text);
  const machine = options.json === true || options.tap === true;
  const base: ReporterOptions = {
    write: toStdout,
    suite: settings.suite,
    command: (text) => void context.raw.stdout.write(text),
    color: paint(context.stdout, context.env),
    ci,
    verbose: options.debug === true,
    now: () => Date.now() / 1000,
    columns: Math.min(context.stdout.columns ?? 100, 140),
  };
  const reporters: Reporter[] = [];
  const add = (kind: ReporterKind, more: Partial<ReporterOptions> = {}): void =>
    void reporters.push(REPORTERS[kind]({ ...base, ...more }));
  const buffers = new Map<string, { text: string[]; reporter: Reporter }>();

  if (options.json === true) add("json");
  else if (options.tap === true) add("tap");
  else if (settings.main && settings.buffered !== true) add("plain");
  if (options.junit !== undefined) add("junit", { file: options.junit });
  if (ci === "github") {
    // GitHub reads its commands from both streams; stdout stays clean for machines.
    const stream = machine || !settings.main ? context.raw.stderr : context.raw.stdout;
    const command = (text: string): void => void stream.write(text);
    add("github", { command });
    const summary = context.env["GITHUB_STEP_SUMMARY"];
    if (summary !== undefined) add("summary", { file: summary, command });
  }

  const buffer = (event: StampedEvent): void => {
    let entry = buffers.get(event.labName);
    if (entry === undefined) {
      const text: string[] = [];
      entry = { text, reporter: REPORTERS.plain({ ...base, write: (part) => void text.push(part) }) };
      buffers.set(event.labName, entry);
    }
    entry.reporter.onEvent(event);
  };
  const buffering = settings.main && settings.buffered === true && !machine;
  return {
    sink(event) {
      if (buffering) buffer(event);
      for (const reporter of reporters) reporter.onEvent(event);
    },
    flush(labName) {
      toStdout(buffers.get(labName)?.text.splice(0).join("") ?? "");
    },
    async end() {
      let failed: unknown;
      for (const reporter of reporters) {
        try {
          await reporter.end?.();
        } catch (error) {
          failed = error;
        }
      }
      if (failed !== undefined) throw notWritten("a report", failed);
    },
  };
}
