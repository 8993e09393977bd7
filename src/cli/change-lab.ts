/** What all commands that change a running lab do: find it, request the change, report progress, wait until it is done. */
import { withLab } from "./with-lab.ts";
import type { Change } from "../live/live-lab.ts";
import { EXIT } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { parseDuration } from "./duration.ts";
import type { Command } from "commander";
import { addDriverOptions, type DriverOptions } from "./options.ts";
import { labPods } from "../cluster/lab-clusters.ts";

export interface ChangeOptions extends DriverOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  readonly wait: boolean;
}

const TIMEOUT = 60_000;

export function addChangeOptions(command: Command): Command {
  return addDriverOptions(
    command
      .option(
        "--timeout <TIME>",
        "how long to wait for the change to complete (default: 1m, plus what readiness probes need)",
        parseDuration,
      )
      .option("--no-wait", "start the change and return; it continues with the next command"),
  );
}

export interface ChangeRequest {
  readonly lab: string;
  /** So that others can change the lab in the meantime. */
  readonly purpose: string;
  readonly change: Change;
  /** As a whole or not at all. */
  readonly whole?: boolean;
  readonly options: ChangeOptions;
  readonly context: CliContext;
}

/** Exit code 1 when it is not done in time, or cannot be done. */
export async function changeLab({
  lab,
  purpose,
  change,
  whole = false,
  options,
  context,
}: ChangeRequest): Promise<void> {
  const started = performance.now();
  await withLab(lab, options, context, async ({ client }) => {
    context.interrupt.arm("interrupted; the lab stays in its current state");
    const [{ LiveLab }, { probeNeed }] = await Promise.all([
      import("../live/live-lab.ts"),
      import("../kube/pod/probe-need.ts"),
    ]);
    const live = new LiveLab(client, {
      notify: (text) => void context.stdout.write(`${text}\n`),
      signal: context.interrupt.signal,
    });
    await (whole ? live.changeWhole(purpose, change) : live.change(purpose, change));
    if (!options.wait) return;
    const timeout = options.timeout ?? TIMEOUT + probeNeed(labPods(await live.lab()));
    const left = await live.settle(purpose, started + timeout);
    if (left.length === 0) return;
    context.stderr.write(`not done: ${left.join("; ")}\n`);
    context.exitCode = EXIT.checkFailed;
  });
}
