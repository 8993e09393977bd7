/** `k8snet-lab capture`: tcpdump at several places at once, as live lines or merged into one file. */
import { withLab } from "../with-lab.ts";
import { once } from "node:events";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { lessThanAsked } from "../../capture/less-than-asked.ts";
import { UsageError } from "../../errors.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { resolveTarget } from "../../targets/parse-target.ts";
import { paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { LIVE_PROGRAMS, programSink, rotatingSink, streamSink } from "../../workflow/packet-sink.ts";
import type { LiveProgram, PacketSink, Rotation } from "../../workflow/packet-sink.ts";
import { parseCount, parseDuration, parseRotation, parseSize } from "../duration.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";
import { mustBeWritable } from "../writable.ts";

interface CaptureOptions extends DriverOptions {
  readonly write?: string;
  readonly count?: number;
  readonly duration?: number;
  readonly snaplen: number;
  readonly keep?: number;
  readonly json?: boolean;
  readonly live?: LiveProgram;
  readonly rotate?: Rotation;
}

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Capture packets at one or several places at once: live lines, or with -w one merged pcapng. Ends at Ctrl-C, --count or --duration.",
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument(
      "<TARGET[/IFACE]...>",
      "places (node1/eth0, pod/client; without an interface: any), then a filter as pcap-filter(7)",
    )
    .option("-w, --write <FILE>", "write all packets, merged by time, as pcapng; -: to standard output, as they come")
    .addOption(
      new Option("--live <PROGRAM>", "show packets in this program as they come").choices(Object.keys(LIVE_PROGRAMS)),
    )
    .option("--rotate <SIZE/COUNT>", "with -w: files of this size, of which the newest are kept: 10MB/5", parseRotation)
    .option("-c, --count <N>", "end after this many packets", parseCount)
    .option("--duration <TIME>", "end after this time: 10s, 2m", parseDuration)
    .option("-s, --snaplen <BYTES>", "bytes kept of each packet", parseCount, 262_144)
    .option("--keep <SIZE>", "how much of the newest packets is kept at each place: 200MB (default: 16 MB)", parseSize)
    .option("--json", "live lines as JSON: {capture, place, time, text}");
  addDriverOptions(command).action((lab: string, words: readonly string[], options: CaptureOptions) =>
    capture(lab, words, options, context),
  );
  addExample(
    command,
    "k8snet-lab capture overlay node1/eth0 'udp port 8472'",
    "k8snet-lab capture overlay pod/client/eth0 node1/eth0 node2/eth0 -w wire.pcapng --duration 10s",
    "k8snet-lab capture overlay node1 -w - | wireshark -k -i -",
  );
}

async function capture(
  labText: string,
  words: readonly string[],
  options: CaptureOptions,
  context: CliContext,
): Promise<void> {
  mustBeWritable(options, context);
  checkOptions(options);
  await withLab(labText, options, context, async ({ client, lab }) => {
    const { places, filter } = splitPlaces(lab, words);
    const name = `cli-${process.pid}`;
    const at = places.map(({ ns, iface }) => ({ ns, iface }));
    // From here on Ctrl-C means "enough", not "failed".
    context.interrupt.arm("");
    const { keep, snaplen } = options;
    const { files: begun } = await client.call("captureStart", { name, at, filter, snaplen, keep });
    const less = lessThanAsked(begun, keep);
    if (less !== undefined) context.stderr.write(`${less}\n`);
    const sink = await openSink(options, filter, context);
    context.stderr.write(
      `listening at ${places.map((place) => place.text).join(", ")}${filter === undefined ? "" : ` for "${filter}"`}; Ctrl-C ends\n`,
    );
    const enough = new AbortController();
    const color = paint(context.stdout, context.env);
    let seen = 0;
    const follow = async (): Promise<void> => {
      const raw = sink !== undefined;
      const quiet = !raw && options.write !== undefined && options.count === undefined && options.json !== true;
      await client.call("captureFollow", { name, quiet, raw }, (packet) => {
        if (enough.signal.aborted) return;
        if (packet.wrapped !== undefined && options.json !== true) {
          context.stderr.write(`${packet.place}: ${packet.text} (--keep SIZE keeps more)\n`);
          return;
        }
        if (packet.wrapped === undefined) seen++;
        if (sink !== undefined) {
          if (packet.wrapped === undefined) sink.write(packet);
        } else if (options.json === true) context.stdout.write(`${JSON.stringify(packet)}\n`);
        else if (options.write === undefined)
          context.stdout.write(`${formatClock(packet.time)} ${color.cyan(packet.place)}  ${packet.text}\n`);
        if (options.count !== undefined && seen >= options.count) enough.abort();
      });
    };
    const ends = [
      context.interrupt.signal,
      context.outputClosed,
      enough.signal,
      ...(sink?.closed === undefined ? [] : [sink.closed]),
      ...(options.duration === undefined ? [] : [AbortSignal.timeout(options.duration)]),
    ];
    const ended = ends.map((signal) => (signal.aborted ? undefined : once(signal, "abort")));
    await Promise.race([...ended, client.closed, rejected(follow())]);
    const { files } = await client.call("captureStop", { name });
    if (sink !== undefined) context.stderr.write(`${await sink.end()}\n`);
    else if (options.write !== undefined) {
      const { wrappedNotes, writeMerged } = await import("../../workflow/capture-files.ts");
      const packets = writeMerged(files, resolve(context.cwd, options.write), filter);
      for (const note of wrappedNotes(files)) context.stderr.write(`${note}\n`);
      context.stderr.write(`${packets} packets in ${options.write}\n`);
    }
  });
}

/** Throws UsageError. */
function checkOptions({ live, rotate, write, json }: CaptureOptions): void {
  const together = (a: string, b: string): UsageError =>
    new UsageError(`${a} and ${b} cannot be used together`, "choose one of them");
  if (live !== undefined && write !== undefined) throw together("--live", "--write");
  if (rotate !== undefined && (write === undefined || write === "-"))
    throw new UsageError("--rotate needs the name of a file", "add -w wire.pcapng");
  if (json === true && (live !== undefined || rotate !== undefined || write === "-"))
    throw together("--json", live === undefined ? "pcapng as it comes" : "--live");
}

/** Undefined: lines, or one file at the end. */
async function openSink(
  { live, rotate, write }: CaptureOptions,
  filter: string | undefined,
  context: CliContext,
): Promise<PacketSink | undefined> {
  if (live !== undefined) return programSink(live, filter);
  if (write === "-") return streamSink(context.raw.stdout, filter);
  return rotate === undefined || write === undefined
    ? undefined
    : rotatingSink(resolve(context.cwd, write), rotate, filter);
}

/** Leading words that name places are places; the rest is the filter. */
export function splitPlaces(
  lab: Lab,
  words: readonly string[],
): { places: readonly Target[]; filter: string | undefined } {
  const places: Target[] = [];
  for (const [i, word] of words.entries()) {
    try {
      places.push(resolveTarget(lab, word));
    } catch (error) {
      // The first word must be a place. Later `pod/x` is a place with a typo: no filter word has a slash unless digits are before it.
      if (!(error instanceof UsageError) || i === 0 || /^[a-z][^ ]*\//i.test(word)) throw error;
      return { places, filter: words.slice(i).join(" ") };
    }
  }
  return { places, filter: undefined };
}

function formatClock(seconds: number): string {
  const date = new Date(seconds * 1000);
  const micros = String(Math.floor((seconds % 1) * 1e6)).padStart(6, "0");
  return `${[date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":")}.${micros}`;
}

/** Never resolves; rejects when the promise does. */
function rejected(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => void promise.catch(reject));
}
