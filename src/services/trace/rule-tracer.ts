/** Has the kernel report which rules a probe's packets meet: a table that marks exactly these is there as long as the probe is under way. */
import { runTool, whenDead } from "../../apply/run-tool.ts";
import { messageOf } from "../../errors.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { NfTraceSocket } from "../../kernel/nftrace.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import type { Probe } from "../probe/protocol.ts";
import { UDP_PROBE } from "../serve/answer.ts";
import type { TracedRule } from "./protocol.ts";
import { describePacket } from "./identify.ts";
import { realTime } from "./listener.ts";

const TABLE = "k8snet-trace-";
/** All: the kernel gives a packet another id where it goes up from a bridge's port to the bridge, between two hooks. */
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"];
/** Table names end with it, so that traces at the same time do not meet. */
let traces = 0;

/** Bytes of a ping's payload that have the time and the whole pattern. */
const PATTERN_END = 32;

/** Bits from the start of the transport header. */
function payload(bit: number, hex: string): string {
  return `@th,${bit},${hex.length * 4} 0x${hex}`;
}

/** How rules and reports recognise a probe's packets. */
export interface ProbeMatch {
  /** Expressions of nft; none: rules cannot be traced for such a probe. */
  readonly matches: readonly string[];
  /** Of a packet's two headers, with 12 bytes behind UDP's and ICMP's. Absent: nothing in them says it. */
  readonly isOwn?: ((packet: Buffer) => boolean) | undefined;
}

export function matchOf(probe: Probe, marks: ProbeMarks): ProbeMatch {
  const transport = (packet: Buffer): Buffer => packet.subarray((packet[0] ?? 0) >> 4 === 6 ? 40 : ((packet[0] ?? 0) & 15) * 4); // prettier-ignore
  const matches = matchesOf(probe, marks);
  if (probe.kind === "ping" || probe.kind === "udp" || probe.kind === "sctp") return { matches };
  if (probe.kind === "dns" && probe.protocol === "udp")
    return { matches, isOwn: (packet) => readWord(transport(packet), 8) === marks.dnsId };
  const answered = (marks.sequence + 1) % 0x1_0000_0000;
  return {
    matches,
    isOwn: (packet) => {
      const tcp = transport(packet);
      return tcp.length >= 12 && (tcp.readUInt32BE(4) === marks.sequence || tcp.readUInt32BE(8) === answered);
    },
  };
}

function readWord(bytes: Buffer, at: number): number | undefined {
  return bytes.length < at + 2 ? undefined : bytes.readUInt16BE(at);
}

/** What matches the probe's packets and nothing else, whatever NAT does to their addresses. */
function matchesOf(probe: Probe, marks: ProbeMarks): readonly string[] {
  switch (probe.kind) {
    case "tcp":
    case "http":
      return streamMatches(marks);
    case "dns":
      return probe.protocol === "tcp"
        ? streamMatches(marks)
        : [`meta l4proto udp ${payload(64, marks.dnsId.toString(16).padStart(4, "0"))}`];
    case "udp": {
      const at = 8 * (8 + UDP_PROBE.length + 1);
      return [`meta l4proto udp ${payload(at, Buffer.from(marks.token.slice(0, 16), "latin1").toString("hex"))}`];
    }
    case "ping":
      // Behind ICMP's header and the time that ping(8) puts there; the pattern repeats with its own length. Smaller ones have none.
      if ((probe.size ?? PATTERN_END) < PATTERN_END) return [];
      return [`meta l4proto { icmp, ipv6-icmp } ${payload(8 * 24, marks.pingPattern)}`];
    default:
      return [];
  }
}

function streamMatches({ sequence }: ProbeMarks): readonly string[] {
  return [`tcp sequence ${sequence}`, `tcp ackseq ${(sequence + 1) % 0x1_0000_0000}`];
}

interface Ear {
  readonly ns: string;
  readonly handle: NetnsHandle;
  readonly socket: NfTraceSocket;
  /** Ends the shell that would remove the table if this process died. */
  readonly letGo: () => Promise<void>;
}

export class RuleTracer {
  readonly #ears: Ear[] = [];
  readonly #rules: TracedRule[] = [];
  readonly #table = `${TABLE}${process.pid}-${++traces}`;
  /** Packets that this table has marked: another trace's are reported here too. */
  readonly #own = new Set<string>();
  readonly #problems: string[] = [];
  #isOwn: ((packet: Buffer) => boolean) | undefined;

  /** Resolves when packets are marked in those of the namespaces that are `chosen`. Never rejects: see `problems`. */
  async start(
    namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
    chosen: readonly string[],
    { matches, isOwn }: ProbeMatch,
  ): Promise<void> {
    this.#isOwn = isOwn;
    if (matches.length === 0) return;
    const rules = matches.map((match) => `    ${match} meta nftrace set 1`).join("\n");
    const chain = (hook: string): string =>
      `  chain ${hook} {\n    type filter hook ${hook} priority -400;\n${rules}\n  }\n`;
    const table = `table inet ${this.#table} {\n${HOOKS.map(chain).join("")}}\n`;
    await Promise.all(
      namespaces.map(async ({ ns, handle }) => {
        if (!chosen.includes(ns)) return;
        try {
          await this.#listen(ns, handle, table);
        } catch (error) {
          this.#problems.push(`${ns}: ${messageOf(error)}`);
        }
      }),
    );
  }

  /** The socket first: what it needs is there, or nothing is installed. */
  async #listen(ns: string, handle: NetnsHandle, table: string): Promise<void> {
    const socket = new NfTraceSocket(handle);
    let letGo: Ear["letGo"] | undefined;
    try {
      letGo = whenDead(handle, `nft delete table inet ${this.#table}`);
      const { exitCode, stderr } = await runTool(handle, ["nft", "-f", "-"], table);
      if (exitCode !== 0) throw new Error(stderr.trim().split("\n")[0] ?? "nft failed");
    } catch (error) {
      socket.close();
      await letGo?.();
      throw error;
    }
    this.#ears.push({ ns, handle, socket, letGo });
    reactor().watch(socket.fd, EPOLLIN, () => this.#drain(ns, socket));
  }

  /** Why rules of some namespaces are not among what stop() returns: `node1: …`. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Removes what start() has installed. In the order in which each namespace reported. */
  async stop(): Promise<readonly TracedRule[]> {
    const ears = this.#ears.splice(0);
    for (const { ns, socket } of ears) {
      this.#drain(ns, socket);
      reactor().unwatch(socket.fd);
      socket.close();
    }
    await Promise.all(
      ears.map(async ({ handle, letGo }) => {
        await letGo();
        await runTool(handle, ["nft", "delete", "table", "inet", this.#table]);
      }),
    );
    return this.#rules;
  }

  #drain(ns: string, socket: NfTraceSocket): void {
    const time = realTime();
    socket.read(({ packet, ...trace }) => {
      const id = `${ns} ${trace.id}`;
      // The kernel gives the id of a packet that is gone to the next one.
      if (packet !== undefined && this.#isOwn?.(packet) === false) this.#own.delete(id);
      else if (trace.table === this.#table && trace.type === "rule") this.#own.add(id);
      if (trace.table.startsWith(TABLE) || !this.#own.has(id)) return;
      this.#rules.push({
        ns,
        time: String(time),
        ...trace,
        packet: packet === undefined ? undefined : describePacket(packet),
      });
    });
  }
}
