/** What becomes of a packet that was held, once it may pass: whether an answer to it comes to where it was held. */
import { decodeTunnelled } from "../../capture/decode.ts";
import { LINKTYPE } from "../../capture/pcap.ts";
import type { Probe, ProbeResult } from "../probe/protocol.ts";
import type { ProbeMarks } from "../probe/attempt.ts";
import { answerEnds, signatureOf } from "./assemble.ts";
import type { HeldPacket } from "./hold.ts";
import { identify, tupleOf } from "./identify.ts";
import type { Signature } from "./identify.ts";
import type { CapturedPacket } from "./order.ts";

export interface HeldTrace extends HeldPacket {
  readonly localPort?: number | undefined;
}

export class AwaitedAnswer {
  readonly #probe: Probe;
  readonly #held: HeldTrace;
  readonly #signature: Signature;
  readonly #answer = Promise.withResolvers<ProbeResult["outcome"]>();

  constructor(probe: Probe, marks: ProbeMarks, held: HeldTrace) {
    this.#probe = probe;
    this.#held = held;
    const { localPort, bytes } = held;
    const answers = new Set([answerEnds(tupleOf(decodeTunnelled(bytes, LINKTYPE.raw)))]);
    this.#signature = { ...signatureOf(probe, marks, localPort), answers };
  }

  /** Is given each packet that is captured. */
  readonly look = ({ ns, bytes }: CapturedPacket): void => {
    if (ns !== this.#probe.ns) return;
    const what = identify(bytes, this.#signature);
    if (what === undefined || what.forward) return;
    this.#answer.resolve(what.error !== undefined ? "unreachable" : / RST/.test(what.text) ? "refused" : "open");
  };

  /** Lets the packet pass. */
  async wait(): Promise<ProbeResult> {
    const begun = performance.now();
    const timer = setTimeout(() => this.#answer.resolve("timeout"), this.#probe.timeout);
    this.#held.release();
    const outcome = await this.#answer.promise;
    clearTimeout(timer);
    return { outcome, ms: performance.now() - begun };
  }

  /** The device on which it came in had it before anything listened. */
  arrival(time: bigint): readonly CapturedPacket[] {
    const { iface, bytes } = this.#held;
    return iface === undefined ? [] : [{ ns: this.#probe.ns, iface, direction: "in", otherHost: false, time, bytes }];
  }
}
