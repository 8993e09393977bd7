/** `k8snet-lab probe`: a connection, a request, a ping or a matrix, asked of a running lab without a line of YAML. */
import { setTimeout as sleep } from "node:timers/promises";
import { Option } from "commander";
import type { Command } from "commander";
import { EXIT } from "../../errors.ts";
import type { CheckResult } from "../../events.ts";
import { askedChecks } from "../../checks/asked-checks.ts";
import { runChecks } from "../../checks/run-checks.ts";
import { OUTCOMES } from "../../net/outcome.ts";
import { paint } from "../../report/color.ts";
import { formatProbe, Watch } from "../../report/probe-lines.ts";
import type { OpenLab } from "../../workflow/open-lab.ts";
import type { CliContext } from "../context.ts";
import { parseCount, parseDuration, parsePayload } from "../duration.ts";
import { addDriverOptions, addExample } from "../options.ts";
import type { DriverOptions } from "../options.ts";
import { probeChecks } from "../probe-checks.ts";
import type { ProbeQuestion } from "../probe-checks.ts";
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
    .argument("[TO...]", "the same or svc/NAME, an address or a DNS name, with :PORT; or http://TARGET/PATH")
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
      const docs = probeChecks({ ...options, from: from.split(",").filter((one) => one !== ""), to });
      await withLab(lab, options, context, async (opened) => {
        const ask = asker(opened, docs, context.interrupt.signal);
        if (options.watch === true) await watch(ask, options, context);
        else await once(ask, options, context);
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

type Ask = () => Promise<readonly CheckResult[]>;

function asker({ lab, client }: OpenLab, docs: ReturnType<typeof probeChecks>, signal: AbortSignal): Ask {
  const checks = askedChecks(lab, docs, "the command line");
  return () => runChecks({ ...lab, checks, captures: [] }, client, () => undefined, { signal });
}

async function once(ask: Ask, options: ProbeOptions, context: CliContext): Promise<void> {
  const results = await ask();
  const color = paint(context.stdout, context.env);
  for (const result of results)
    context.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : formatProbe(result, color));
  if (results.some(({ status }) => status !== "passed")) context.exitCode = EXIT.checkFailed;
}

/** Ends with 1 where the last look was not as expected. */
async function watch(ask: Ask, options: ProbeOptions, context: CliContext): Promise<void> {
  const { signal } = context.interrupt;
  context.interrupt.arm("");
  const seen = new Watch(paint(context.stdout, context.env));
  const end = options.for === undefined ? Infinity : performance.now() + options.for;
  while (!signal.aborted && performance.now() < end) {
    const results = await ask().catch((error: unknown) => {
      if (signal.aborted) return [];
      throw error;
    });
    if (results.length === 0) break;
    const now = new Date();
    for (const result of results) {
      const changed = seen.look(result, now);
      if (options.json === true) context.stdout.write(`${JSON.stringify({ at: now.toISOString(), ...result })}\n`);
      else if (changed !== undefined) context.stdout.write(changed);
    }
    await sleep(options.interval, undefined, { signal }).catch(() => undefined);
  }
  if (options.json !== true) context.stdout.write(seen.summary());
  if (seen.isBroken) context.exitCode = EXIT.checkFailed;
}
