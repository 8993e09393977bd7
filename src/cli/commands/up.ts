/** `k8snet-lab up`: builds a lab and checks it; a running lab is updated to match its file. */
import { setImmediate as turn } from "node:timers/promises";
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import type { UpOptions } from "../after-up.ts";
import type { CliContext } from "../context.ts";
import { loadDriverForUp } from "../driver.ts";
import { makeEventBus } from "../../workflow/event-bus.ts";
import {
  addExample,
  addHostLinksOption,
  addNetworkOptions,
  addNoCommandsOption,
  addStrictOption,
  addTuneOption,
} from "../options.ts";
import { addRunOptions } from "../run-options.ts";
import type { Session, UpRequest } from "../../workflow/session.ts";
import { startAhead } from "../../workflow/start-ahead.ts";
import { makeStartGate } from "../../workflow/start-gate.ts";
import { startTimeLimit } from "../../workflow/time-limit.ts";
import type { TimeLimit } from "../../workflow/time-limit.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Build a lab, run its checks, leave it up. Run again, it changes only what differs: a device deleted by hand, a flushed rule, a changed line of YAML. " +
        "On a terminal the UI opens; Ctrl-C while building rolls everything back.",
    )
    .argument("<LAB>", "lab file (- reads from stdin), or name of a running lab")
    .option("--keep", "keep what was built when building fails or is interrupted")
    .option("--no-checks", "build only")
    .option("--reset", "break again what was broken on purpose and has been fixed, and undo faults that were injected")
    .option("--dry-run", "only show what would change in the running lab, and how its Deployments would roll out");
  addNetworkOptions(command);
  addRunOptions(addTuneOption(addStrictOption(addHostLinksOption(addNoCommandsOption(command))))).action(
    async (labText: string, options: UpOptions) => {
      const driver = await loadDriverForUp(labText, options, context.cwd);
      const bus = makeEventBus(labText, performance.now());
      context.interrupt.arm(
        `interrupted${options.keep === true ? "" : ", rolling back"}; Ctrl-C again quits immediately`,
      );
      bus.subscribe((event) => {
        if (event.type === "lab" && event.converging)
          context.interrupt.arm("interrupted; the lab stays in its current state; Ctrl-C again quits immediately");
      });
      const limit = startTimeLimit(context.interrupt.signal, options.timeout);
      const gate = makeStartGate((text) => void context.stderr.write(text));
      const ahead = options.dryRun === true ? undefined : startAhead(driver, gate, limit.signal);
      // Its process starts before what follows is loaded.
      await turn();
      const [{ loadFileToBuild }, { foreignCommandsWarning }, { parseLabArgument }, { openLab }, { wantsTui }] =
        await Promise.all([
          import("../load-file.ts"),
          import("../foreign-commands.ts"),
          import("../lab-argument.ts"),
          import("../../workflow/open-lab.ts"),
          import("../output.ts"),
        ]);
      const asked = { ...options, driver: driver.name };
      const load: UpRequest["load"] = async () => {
        if (labText === "-") return loadFileToBuild(labText, context, asked);
        const argument = parseLabArgument(labText, context.cwd);
        if (argument.kind === "file") return loadFileToBuild(labText, context, asked);
        const { client, lab, stored } = await openLab(driver, argument.name);
        client.close();
        return loadFileToBuild(lab.file, context, { ...stored.sources?.network, ...asked });
      };
      const request: UpRequest = {
        driver,
        bus,
        signal: limit.signal,
        keep: options.keep === true,
        load,
        exclusive: false,
        tuneHost: options.tuneHost === true,
        warning: (lab, before) =>
          foreignCommandsWarning(lab, { driver: driver.name, uid: process.geteuid?.(), cwd: context.cwd, before }),
        gate,
        ahead,
        reset: options.reset === true,
      };
      if (options.dryRun === true) return runDry(request, options, context);
      if (wantsTui(context, options)) {
        const { loadTui, runWithTui } = await import("../tui-session.ts");
        const startTui = await loadTui();
        if (startTui !== undefined) return runWithTui(startTui, request, limit, options, context);
      }
      return runPlain(request, limit, options, context);
    },
  );
  addExample(
    command,
    "sudo k8snet-lab up labs/overlay.yaml",
    "sudo k8snet-lab up labs/overlay.yaml --dry-run",
    "sudo k8snet-lab up labs/clusterip.yaml --cni calico --kube-proxy nftables",
    "sudo k8snet-lab up labs/overlay.yaml --plain --junit junit.xml",
  );
}

async function runDry(request: UpRequest, options: UpOptions, context: CliContext): Promise<void> {
  const [{ dryRun }, { makeOutput }, { emitError }] = await Promise.all([
    import("../../workflow/dry-run.ts"),
    import("../output.ts"),
    import("../../workflow/session.ts"),
  ]);
  const output = makeOutput(context, options, { main: true });
  request.bus.subscribe(output.sink);
  try {
    await dryRun(request);
  } catch (error) {
    emitError(request.bus, error);
    throw error;
  } finally {
    await output.end();
  }
}

async function runPlain(request: UpRequest, limit: TimeLimit, options: UpOptions, context: CliContext): Promise<void> {
  const { bus } = request;
  const [
    { makeOutput },
    { emitError, upLab },
    { anyFailed, checkAndStep },
    { finish, stayNote },
    { InterruptedError },
    { takeDown },
  ] = await Promise.all([
    import("../output.ts"),
    import("../../workflow/session.ts"),
    import("../../workflow/check-lab.ts"),
    import("../after-up.ts"),
    import("../../workflow/interrupt.ts"),
    import("../../workflow/take-down.ts"),
  ]);
  const output = makeOutput(context, options, { main: true });
  bus.subscribe(output.sink);
  let session: Session | undefined;
  let failed = true;
  try {
    session = await upLab(request);
    failed = false;
    if (options.checks) {
      const done = await checkAndStep(session, { bus, signal: limit.interrupt, deadline: limit.deadline });
      session = done.session;
      failed = anyFailed(done.results);
    }
    if (failed) context.exitCode = EXIT.checkFailed;
    bus.note(stayNote(session));
  } catch (error) {
    emitError(bus, error);
    if (error instanceof InterruptedError && session?.fresh === true && !request.keep) await takeDown(session, bus);
    throw error;
  } finally {
    request.gate.leave();
    await finish(bus, session, failed, options, context);
    await output.end();
  }
}
