/** `k8snet-lab test`: up, checks, down for one or many labs, for CI. Nothing is left behind, whatever happens. */
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { afterRun } from "../after-run.ts";
import { anyFailed, checkAndStep } from "../../workflow/check-lab.ts";
import type { CliContext } from "../context.ts";
import type { Driver } from "../../drivers/driver.ts";
import { loadDriver } from "../driver.ts";
import { parseCount } from "../duration.ts";
import { makeEventBus } from "../../workflow/event-bus.ts";
import { loadFileToBuild } from "../load-file.ts";
import {
  addExample,
  addHostLinksOption,
  addNetworkOptions,
  addNoCommandsOption,
  addStrictOption,
  addTuneOption,
} from "../options.ts";
import type { NetworkOptions } from "../options.ts";
import { addRunOptions } from "../run-options.ts";
import type { RunOptions } from "../run-options.ts";
import { isMachineOutput, makeOutput } from "../output.ts";
import { reportError } from "../report-error.ts";
import { emitError, upLab } from "../../workflow/session.ts";
import type { Session } from "../../workflow/session.ts";
import type { Loaded } from "../../workflow/with-live.ts";
import { makeStartGate } from "../../workflow/start-gate.ts";
import type { StartGate } from "../../workflow/start-gate.ts";
import { takeDown } from "../../workflow/take-down.ts";
import { startTimeLimit } from "../../workflow/time-limit.ts";

export interface TestOptions extends RunOptions, NetworkOptions {
  readonly parallel?: number;
  readonly keep?: boolean;
  readonly tuneHost?: boolean;
  readonly strict?: boolean;
  readonly commands?: boolean;
}

/** The exit code of a run of several labs: the first of these that any lab has. */
const WORST = [
  EXIT.interrupted,
  EXIT.bug,
  EXIT.buildFailed,
  EXIT.unfitHost,
  EXIT.badInput,
  EXIT.checkFailed,
  EXIT.noOutput,
  EXIT.ok,
];

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Build each lab, run its checks, take it down; several labs side by side. Nothing is left behind, even after Ctrl-C.",
    )
    .argument("<LAB.yaml...>", "lab files")
    .option("--parallel <N>", "labs side by side (default: one per processor)", parseCount)
    .option("--keep", "leave failed labs up, for inspection");
  addNetworkOptions(command);
  addRunOptions(addTuneOption(addStrictOption(addHostLinksOption(addNoCommandsOption(command))))).action(
    async (files: readonly string[], options: TestOptions) => {
      const driver = await loadDriver(options);
      const output = makeOutput(context, options, { main: true, buffered: files.length > 1 });
      context.interrupt.arm("interrupted; taking everything down; Ctrl-C again quits immediately");
      const started = performance.now();
      const codes: number[] = [];
      const gate = makeStartGate((text) => void context.stderr.write(text));
      const waiting = [...files];
      const worker = async (): Promise<void> => {
        for (
          let file = waiting.shift();
          file !== undefined && !context.interrupt.signal.aborted;
          file = waiting.shift()
        ) {
          codes.push(await testLab(file, { driver, output, started, options, context, gate }));
        }
      };
      await Promise.all(
        Array.from({ length: Math.min(options.parallel ?? availableParallelism(), files.length) }, worker),
      );
      if (context.interrupt.signal.aborted) codes.push(EXIT.interrupted);
      context.exitCode = WORST.find((code) => codes.includes(code)) ?? EXIT.ok;
      await output.end();
      if (files.length > 1 && !isMachineOutput(options)) {
        const good = codes.filter((code) => code === EXIT.ok).length;
        context.stdout.write(`${good} of ${files.length} labs passed\n`);
      }
    },
  );
  addExample(command, "sudo k8snet-lab test labs/*.yaml --junit junit.xml --artifacts artifacts");
}

export interface TestRun {
  readonly driver: Driver;
  readonly output: ReturnType<typeof makeOutput>;
  readonly started: number;
  readonly options: TestOptions;
  readonly context: CliContext;
  /** With several labs, the first one starts. */
  readonly gate: StartGate;
  /** Where the lab comes from; default: the file. */
  readonly load?: (() => Promise<Loaded>) | undefined;
}

/** Builds, checks and takes down one lab; failures are reported. Returns the exit code. */
export async function testLab(
  file: string,
  { driver, output, started, options, context, gate, load }: TestRun,
): Promise<number> {
  const bus = makeEventBus(file, started);
  bus.subscribe(output.sink);
  const limit = startTimeLimit(context.interrupt.signal, options.timeout);
  const failures: unknown[] = [];
  let session: Session | undefined;
  let failed = true;
  try {
    session = await upLab({
      driver,
      bus,
      signal: limit.signal,
      keep: options.keep === true,
      load: load ?? (() => loadFileToBuild(file, context, { ...options, driver: driver.name })),
      exclusive: true,
      tuneHost: options.tuneHost === true,
      gate,
    });
    const done = await checkAndStep(session, { bus, signal: limit.interrupt, deadline: limit.deadline });
    session = done.session;
    failed = anyFailed(done.results);
  } catch (error) {
    emitError(bus, error);
    failures.push(error);
  }
  gate.leave();
  // Whatever fails, the lab is taken down.
  try {
    await afterRun(bus, session, failed, options, context);
  } catch (error) {
    failures.push(error);
  }
  try {
    if (session !== undefined && failed && options.keep === true)
      bus.note(`${bus.labName} is kept up; take it down: k8snet-lab down ${bus.labName}`);
    else if (session !== undefined) await takeDown(session, bus);
  } catch (error) {
    failures.push(error);
  } finally {
    session?.client.close();
  }
  output.flush(bus.labName);
  const codes = new Set(failures.map((error) => reportError(error, context)));
  return WORST.find((code) => codes.has(code)) ?? (failed ? EXIT.checkFailed : EXIT.ok);
}
