/** `k8snet-lab probe`: a connection, a request, a ping or a matrix, asked of a running lab without a line of YAML. */
import { setTimeout as sleep } from "node:timers/promises";
import { Option, type Command } from "commander";
import { firstOf } from "../../counting.ts";
import { EXIT } from "../../errors.ts";
import type { CheckResult } from "../../events.ts";
import { askedChecks } from "../../checks/asked-checks.ts";
import { runChecks } from "../../checks/run-checks.ts";
import { OUTCOMES } from "../../net/outcome.ts";
import { faultsNote } from "../../faults/inject.ts";
import { paint } from "../../report/color.ts";
import { formatProbe, Watch } from "../../report/probe-lines.ts";
import type { OpenLab } from "../../workflow/open-lab.ts";
import type { CliContext } from "../context.ts";
import { parseCount, parseDuration, parsePayload } from "../duration.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { withRefusals } from "../expected-refusals.ts";
import { faultCause } from "../fault-cause.ts";
import { probeChecks, type ProbeQuestion } from "../probe-checks.ts";
import { withLab } from "../with-lab.ts";

interface ProbeOptions extends DriverOptions, Omit<ProbeQuestion, "from" | "to"> {
  readonly watch?: boolean;
  readonly interval: number;
  readonly for?: number;
  readonly json?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(command)
    .description(
      "Ask a running lab whether FROM reaches TO, and if not, why. TARGET:PORT is a TCP connection, TARGET alone a ping; several places, or `all`, are a matrix. " +
        "Exit code 1 where the result is not what --expect says.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<FROM>", "pod/NAME, node1, deploy/NAME#1, internet, all; several with commas")
    .argument(
      "[TO...]",
      "the same or svc/NAME, an address or a DNS name, with :PORT (several with commas: of all); or http://TARGET/PATH",
    )
    .option("--udp", "UDP: a datagram and its answer")
    .option("--sctp", "SCTP: as a matrix")
    .option("--icmp", "ping, also where TO has a port")
    .option("--http [PATH]", "an HTTP request")
    .option("--dns <NAME>", "look a name up; TO is the server, default: the cluster's")
    .option("--size <BYTES>", "payload of a ping", parsePayload)
    .option("--df", "do not fragment: tests the path MTU")
    .option("--count <N>", "echo requests of a ping", parseCount)
    .addOption(new Option("--family <FAMILY>", "of a dual-stack lab").choices(["ipv4", "ipv6", "both"]))
    .addOption(new Option("--expect <OUTCOME>", "what it should be (default: open)").choices(OUTCOMES))
    .option("--timeout <TIME>", "of one attempt (default: 1s)", parseDuration)
    .option("--watch", "again and again: says when it changes, until Ctrl-C")
    .option("--interval <TIME>", "between two attempts of --watch", parseDuration, 500)
    .option("--for <TIME>", "ends --watch", parseDuration)
    .option("--json", "one JSON object per result")
    .action(async (lab: string, from: string, to: readonly string[], options: ProbeOptions) => {
      const question = { ...options, from: from.split(",").filter((one) => one !== ""), to };
      const docs = probeChecks(question);
      await withLab(lab, options, context, async (opened) => {
        const asked = askedChecks(opened.lab, docs, "the command line");
        const { checks, refusing } =
          options.expect === undefined ? withRefusals(opened.lab, asked) : { checks: asked, refusing: [] };
        const ask = asker(opened, checks, context.interrupt.signal);
        if (options.watch === true) await watch(ask, options, context);
        else await once(ask, opened, question, context);
        if (refusing.length > 0 && options.json !== true)
          context.stdout.write(`nothing listens there: ${firstOf(refusing, 5)} (refused, as it should be)\n`);
      });
    });
  addExample(
    command,
    "k8snet-lab probe overlay pod/client pod/web-0:80",
    "k8snet-lab probe overlay pod/client svc/web:80 --watch",
    "k8snet-lab probe overlay all all:80",
    "k8snet-lab probe overlay pod/client pod/web-0 --size 1422 --df",
    "k8snet-lab probe clusterip pod/client --dns web.default.svc.cluster.local",
  );
}

type Ask = (brief: boolean) => Promise<readonly CheckResult[]>;

function asker({ lab, client }: OpenLab, checks: OpenLab["lab"]["checks"], signal: AbortSignal): Ask {
  return (brief) => runChecks({ ...lab, checks, captures: [] }, client, () => undefined, { signal, brief });
}

async function once(
  ask: Ask,
  opened: OpenLab,
  question: ProbeQuestion & Pick<ProbeOptions, "json">,
  context: CliContext,
): Promise<void> {
  const { lab } = opened;
  const results = await ask(false);
  const color = paint(context.stdout, context.env);
  const isGood = results.every(({ status }) => status === "passed");
  const cause = isGood ? undefined : await faultCause(opened, question);
  for (const result of results)
    context.stdout.write(
      question.json === true ? `${JSON.stringify({ ...result, cause })}\n` : formatProbe(result, color, cause),
    );
  if (isGood) return;
  context.exitCode = EXIT.checkFailed;
  if (lab.injected !== undefined && cause === undefined && question.json !== true)
    context.stdout.write(`${color.yellow("!")} ${faultsNote(lab.name, lab.injected)}\n`);
}

/** Ends with 1 where the last look was not as expected. */
async function watch(ask: Ask, options: ProbeOptions, context: CliContext): Promise<void> {
  const { signal } = context.interrupt;
  context.interrupt.arm("");
  const seen = new Watch(paint(context.stdout, context.env));
  const end = options.for === undefined ? Infinity : performance.now() + options.for;
  while (!signal.aborted && performance.now() < end) {
    const at = new Date();
    const look = (brief: boolean): Promise<readonly CheckResult[]> =>
      ask(brief).catch((error: unknown) => {
        if (signal.aborted) return [];
        throw error;
      });
    const results = await look(true);
    if (results.length === 0) break;
    const changed = results.filter((result) => seen.look(result, at));
    // Where it was lost is searched for once: that takes seconds, in which a link may have healed.
    const stories = changed.some(({ status }) => status === "failed") ? await look(false) : [];
    for (const result of options.json === true ? results : changed) {
      const full = stories.find(({ name, status }) => name === result.name && status === result.status) ?? result;
      if (options.json === true) context.stdout.write(`${JSON.stringify({ at: at.toISOString(), ...full })}\n`);
      else context.stdout.write(seen.lineOf(full));
    }
    await sleep(options.interval, undefined, { signal }).catch(() => undefined);
  }
  if (options.json !== true) context.stdout.write(seen.summary());
  if (seen.isBroken) context.exitCode = EXIT.checkFailed;
}
