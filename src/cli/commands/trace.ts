/** `k8snet-lab trace`: one real packet, hop by hop, both ways, with the rules that it met and the lines that caused them. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import { EXIT, LabError, UsageError } from "../../errors.ts";
import type { Lab } from "../../lab/lab.ts";
import { paint } from "../../report/color.ts";
import { storyHtml } from "../../report/story-html.ts";
import { storyLines } from "../../report/story-lines.ts";
import { storySvg } from "../../report/story-svg.ts";
import type { PacketStory } from "../../story/packet-story.ts";
import { tellMatch, tellStory } from "../../story/tell.ts";
import type { MatchQuestion, StoryContext, StoryQuestion } from "../../story/tell.ts";
import { listTargets, resolveTarget } from "../../targets/parse-target.ts";
import type { CliContext } from "../context.ts";
import { parseCount, parseDuration, parsePayload } from "../duration.ts";
import { addDriverOptions, addExample } from "../options.ts";
import type { DriverOptions } from "../options.ts";
import type { ProbeQuestion } from "../probe-checks.ts";
import { storyQuestion } from "../story-question.ts";
import { tracePcapng } from "../trace-capture.ts";
import { withLab } from "../with-lab.ts";
import { mustBeWritable } from "../writable.ts";

interface TraceOptions extends DriverOptions, Omit<ProbeQuestion, "from" | "to" | "count"> {
  readonly json?: boolean;
  readonly reply?: boolean;
  readonly match?: string;
  readonly wait: number;
  readonly count: number;
  readonly write?: string;
  readonly svg?: string;
  readonly html?: string;
}

function sent(lab: StoryContext, question: StoryQuestion): () => Promise<PacketStory> {
  return () => tellStory(lab, question);
}

const ANSWER_WITHIN = 1000;

/** Throws UsageError for what describes a packet of our own. */
function matchQuestion(
  lab: Lab,
  from: string,
  to: string | undefined,
  asked: Omit<ProbeQuestion, "from" | "to">,
): Pick<MatchQuestion, "from" | "places" | "timeout"> {
  const { udp, icmp, http, dns, size, df, family } = asked;
  const own = [to, udp, icmp, http, dns, size, df, family].some((value) => value !== undefined);
  if (own) throw new UsageError("--match follows other traffic", "put the destination into the filter: 'tcp port 80'");
  return { from: resolveTarget(lab, from), places: listTargets(lab), timeout: asked.timeout ?? ANSWER_WITHIN };
}

/** Throws LabError (exit code 1) when none comes. */
function matched(
  lab: StoryContext,
  question: Omit<MatchQuestion, "waits">,
  { stderr }: CliContext,
): () => Promise<PacketStory> {
  const { from, filter, within } = question;
  const waits = (): void =>
    void stderr.write(`waiting at ${from.text} for ${filter} (${within / 1000} s; Ctrl-C ends it)\n`);
  return async () => {
    const story = await tellMatch(lab, { ...question, waits });
    if (story !== undefined) return story;
    throw new LabError("ENOMATCH", EXIT.checkFailed, `no packet at ${from.text} matched ${JSON.stringify(filter)} within ${within / 1000} s`, { hint: "--wait 5m waits longer" }); // prettier-ignore
  };
}

export function configure(command: Command, context: CliContext): void {
  addDriverOptions(command)
    .description(
      "Send one packet and show what happens to it: each device, the rules it meets with the line that caused each, NAT, the route, neighbour and forwarding entries, tunnels, and its answer's way back. " +
        "What differs from the lab is shown at the hop that it concerns. Exit code 1 where it does not arrive.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("<FROM>", "pod/NAME, node1, deploy/NAME#1, internet")
    .argument(
      "[TO]",
      "the same or svc/NAME, an address or a DNS name; with :PORT TCP, without a ping; or http://TARGET/PATH",
    )
    .option("--udp", "a datagram")
    .option("--icmp", "a ping, also where TO has a port")
    .option("--http [PATH]", "an HTTP request")
    .option("--dns <NAME>", "a DNS query; TO is the server, default: the cluster's")
    .option("--size <BYTES>", "payload of a ping", parsePayload)
    .option("--df", "do not fragment")
    .addOption(new Option("--family <FAMILY>", "of a dual-stack lab").choices(["ipv4", "ipv6"]))
    .option("--timeout <TIME>", "how long to wait for the answer (default: 1s)", parseDuration)
    .option("--count <N>", "packets, one after the other", parseCount, 1)
    .option(
      "--match <FILTER>",
      "follow other traffic: the first packet that this tcpdump filter matches, sent by FROM or arriving there; it is held for a moment",
    )
    .option("--wait <TIME>", "how long --match waits for a packet", parseDuration, 30_000)
    .option("--reply", "every hop, and the whole way back")
    .option("-w, --write <FILE.pcapng>", "all that devices saw of it: each an interface, the hops as comments")
    .option("--svg <FILE>", "the way as a picture; of the last packet")
    .option("--html <FILE>", "the picture, and every hop in a table")
    .option("--json", "one JSON object per packet")
    .action(async (lab: string, from: string, to: string | undefined, options: TraceOptions) => {
      const { count, write, svg, html, match, wait, ...asked } = options;
      mustBeWritable(options, context, ["svg", "html"]);
      await withLab(lab, options, context, async ({ client, lab: running }) => {
        const packets = write !== undefined;
        const tell =
          match === undefined
            ? sent({ client, lab: running }, { ...storyQuestion(running, from, to, asked, "the command line"), packets })
            : matched({ client, lab: running }, { ...matchQuestion(running, from, to, asked), filter: match, within: wait, packets }, context); // prettier-ignore
        const stories: PacketStory[] = [];
        for (let i = 0; i < count && !context.interrupt.signal.aborted; i++) {
          const story = await tell();
          stories.push(story);
          const width = Math.min(context.stdout.columns ?? 120, 160);
          context.stdout.write(
            options.json === true
              ? `${JSON.stringify({ ...story, packets: undefined })}\n`
              : `${storyLines(story, { color: paint(context.stdout, context.env), width, all: options.reply === true }).join("\n")}\n`,
          );
          if (story.result.outcome !== "open") context.exitCode = EXIT.checkFailed;
        }
        const last = stories.at(-1);
        if (svg !== undefined && last !== undefined) writeFileSync(resolve(context.cwd, svg), storySvg(last));
        if (html !== undefined && last !== undefined) writeFileSync(resolve(context.cwd, html), storyHtml(last));
        // Packets may hold secrets.
        if (write !== undefined) writeFileSync(resolve(context.cwd, write), tracePcapng(stories), { mode: 0o600 });
      });
    });
  addExample(
    command,
    "k8snet-lab trace overlay pod/client pod/web-0:80",
    "k8snet-lab trace clusterip pod/client svc/web:80",
    "k8snet-lab trace clusterip pod/client --dns web.default.svc.cluster.local",
    "k8snet-lab trace clusterip node1 --match 'tcp port 80'",
    "k8snet-lab trace overlay pod/client internet --json",
    "k8snet-lab trace overlay pod/client pod/web-0:80 -w packet.pcapng",
  );
}
