/** `k8snet-lab check`: the checks again, on a lab that is up. */
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import { afterRun } from "../after-run.ts";
import { anyFailed, checkAndStep, checkLab } from "../../workflow/check-lab.ts";
import type { CliContext } from "../context.ts";
import { startTimeLimit } from "../../workflow/time-limit.ts";
import { loadDriverOf } from "../driver.ts";
import { makeEventBus } from "../../workflow/event-bus.ts";
import { labNameOf, parseLabArgument } from "../lab-argument.ts";
import { loadFile } from "../load-file.ts";
import { missingLab } from "../../workflow/open-lab.ts";
import { addExample } from "../options.ts";
import { addRunOptions, type RunOptions } from "../run-options.ts";
import { makeOutput } from "../output.ts";
import { emitError, reopenLab, type Session } from "../../workflow/session.ts";
import { lookForForeignObjects } from "../../workflow/foreign-objects.ts";
import { asItRuns } from "../../workflow/with-live.ts";

interface CheckOptions extends RunOptions {
  readonly only?: readonly string[];
  readonly steps?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Run the checks of a running lab again. If its agent was killed, it is brought back first. Exit code 1 when a check fails.",
    )
    .argument("<LAB>", "name of a running lab, or its file (whose checks are then run)")
    .option("--only <NAME...>", "only the checks with these names")
    .option("--steps", "also run the lab's steps, which change it (up and test run them)");
  addRunOptions(command).action(async (labText: string, options: CheckOptions) => {
    const name = await labNameOf(labText, context.cwd);
    const driver = await loadDriverOf(name, options);
    const bus = makeEventBus(name, performance.now());
    const output = makeOutput(context, options, { main: true });
    bus.subscribe(output.sink);
    context.interrupt.arm("interrupted; the lab stays up");
    const limit = startTimeLimit(context.interrupt.signal, options.timeout);
    let session: Session | undefined;
    let failed = true;
    try {
      session = await reopenLab(driver, name, bus, limit.interrupt);
      if (session === undefined) throw await missingLab(driver, name);
      const argument = parseLabArgument(labText, context.cwd);
      if (argument.kind === "file")
        session = {
          ...session,
          lab: await asItRuns((network) => loadFile(argument.file, context, network), session),
        };
      for (const lost of session.lab.lost ?? []) bus.note(`check "${lost.name}" is left out: ${lost.reason}`, "warn");
      const request = { bus, signal: limit.interrupt, deadline: limit.deadline, only: options.only };
      if (options.steps === true) {
        const done = await checkAndStep(session, request);
        session = done.session;
        failed = anyFailed(done.results);
      } else failed = anyFailed(await checkLab(session, request));
      if (failed) context.exitCode = EXIT.checkFailed;
      await lookForForeignObjects(bus, session);
    } catch (error) {
      emitError(bus, error);
      throw error;
    } finally {
      if (session !== undefined) await afterRun(bus, session, failed, options, context);
      session?.client.close();
      await output.end();
    }
  });
  addExample(command, "k8snet-lab check overlay", 'k8snet-lab check overlay --only "the wire carries VXLAN"');
}
