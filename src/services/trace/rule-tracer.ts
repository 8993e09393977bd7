/** Has the kernel report which rules a probe's packets meet: a table that marks exactly these is there as long as the probe is under way. */
import { messageOf } from "../../errors.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { TrackedPacket, TracedRule } from "./protocol.ts";
import { describePacket } from "./identify.ts";
import { realTime } from "./listener.ts";
import type { ProbeMatch } from "./probe-match.ts";
import { markPackets } from "./traced-namespace.ts";

/** What the rules said, and what connection tracking did. */
export interface RulesMet {
  readonly rules: readonly TracedRule[];
  readonly tracked: readonly TrackedPacket[];
}

export class RuleTracer {
  readonly #leave: (() => void)[] = [];
  readonly #rules: TracedRule[] = [];
  readonly #tracked: TrackedPacket[] = [];
  readonly #problems: string[] = [];

  /** Marks packets from now on in those of the namespaces that are `chosen`. Never throws: see `problems`. */
  start(
    namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
    chosen: readonly string[],
    { rules, isOwn }: ProbeMatch,
  ): void {
    if (rules.length === 0) return;
    for (const { ns, handle } of namespaces) {
      if (!chosen.includes(ns)) continue;
      try {
        this.#leave.push(
          markPackets(handle, rules, {
            isOwn,
            met: ({ packet, flow, ...trace }) => {
              void flow;
              this.#rules.push({ ns, time: String(realTime()), ...trace, packet: textOf(packet) });
            },
            tracked: ({ packet, flow }) => {
              const text = textOf(packet);
              if (text !== undefined && flow !== undefined) this.#tracked.push({ ns, packet: text, ...flow });
            },
          }),
        );
      } catch (error) {
        this.#problems.push(`${ns}: ${messageOf(error)}`);
      }
    }
  }

  /** Why rules of some namespaces are not among what stop() returns: `node1: …`. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Removes what start() has installed. In the order in which each namespace reported. */
  stop(): RulesMet {
    for (const leave of this.#leave.splice(0)) leave();
    return { rules: this.#rules, tracked: this.#tracked };
  }
}

function textOf(packet: Buffer | undefined): string | undefined {
  return packet === undefined ? undefined : describePacket(packet);
}
