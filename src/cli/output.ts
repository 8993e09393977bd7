/** The reporters of a command's events, chosen by flags, terminal and CI. */
import type { EventSink, StampedEvent } from "../events.ts";
import { detectCi } from "../report/ci.ts";
import { paint } from "../report/color.ts";
import { plainReporter } from "../report/plain.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "../report/reporter.ts";
import { REPORTERS } from "../report/reporters.ts";
import type { CliContext } from "./context.ts";
import { reporterOption, type OutputOptions } from "./run-options.ts";
import { mustBeWritable, notWritten } from "./writable.ts";

export interface Output {
  readonly sink: EventSink;
  /** Writes what is written at the end (JUnit, TAP, summary). */
  end(): Promise<void>;
}

/** The reporter that a flag puts in place of plain lines. */
function machineReporter(options: OutputOptions): ReporterDefinition | undefined {
  return REPORTERS.find(({ name, use }) => use.by === "flag" && reporterOption(options, name) === true);
}

/** Stdout is read by a program. */
export function isMachineOutput(options: OutputOptions): boolean {
  return machineReporter(options) !== undefined;
}

/** Without --plain and friends, on a terminal and outside CI, the terminal UI is shown. */
export function wantsTui(context: CliContext, options: OutputOptions): boolean {
  return (
    options.plain !== true &&
    !isMachineOutput(options) &&
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
  options: OutputOptions,
  settings: { main: boolean; buffered?: boolean; suite?: string },
): Output & { flush(labName: string): void } {
  const files = REPORTERS.flatMap(({ name, use }) => (use.by === "file" ? [name] : []));
  mustBeWritable(options, context, files);
  const ci = detectCi(context.env);
  const toStdout = (text: string): void => void context.stdout.write(text);
  const machine = machineReporter(options);
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
  const buffers = new Map<string, { text: string[]; reporter: Reporter }>();

  if (machine !== undefined || (settings.main && settings.buffered !== true))
    reporters.push((machine ?? plainReporter).make(base));
  // GitHub reads its commands from both streams; stdout stays clean for machines.
  const stream = machine !== undefined || !settings.main ? context.raw.stderr : context.raw.stdout;
  const command = (text: string): void => void stream.write(text);
  for (const { name, use, make } of REPORTERS) {
    const file = use.by === "file" ? reporterOption(options, name) : undefined;
    if (typeof file === "string") reporters.push(make({ ...base, file }));
    if (use.by !== "ci" || use.ci !== ci) continue;
    const named = use.fileVariable === undefined ? undefined : context.env[use.fileVariable];
    if (use.fileVariable === undefined || named !== undefined) reporters.push(make({ ...base, file: named, command }));
  }

  const buffer = (event: StampedEvent): void => {
    let entry = buffers.get(event.labName);
    if (entry === undefined) {
      const text: string[] = [];
      entry = { text, reporter: plainReporter.make({ ...base, write: (part) => void text.push(part) }) };
      buffers.set(event.labName, entry);
    }
    entry.reporter.onEvent(event);
  };
  const buffering = settings.main && settings.buffered === true && machine === undefined;
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
