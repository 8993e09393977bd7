/** Captures: where tcpdump listens, and what its packets must look like. */
import type { SourceRef } from "../cause.ts";
import type { Target } from "../net/target.ts";

export interface CaptureSpec {
  readonly name: string;
  /** Each with an interface (`node1/eth0`), or without one: `any`. */
  readonly at: readonly Target[];
  /** pcap-filter(7). */
  readonly filter?: string | undefined;
  /** Bytes kept of each packet, default 262144. */
  readonly snaplen: number;
  /** Bytes that each place keeps; absent: a share of what all captures of a lab keep. */
  readonly keep?: number | undefined;
  readonly source: SourceRef;
}
