/** The exchange over an established TCP connection: each kind of probe over TCP has its own. */
import type { AttemptResult } from "./attempt.ts";

export interface Dialogue {
  /** Sent as soon as the connection is established. */
  readonly request: Buffer;
  /** Silence after which an established connection is an answer in itself, in ms; absent: the probe's whole timeout. */
  readonly patience?: number | undefined;
  /** Bytes from the peer (valid during the call only); a finding when the answer is complete. */
  take(bytes: Buffer): AttemptResult | undefined;
  /** The peer closed its end. */
  end(): AttemptResult;
  /** The time is over while the connection is established. */
  silence(): AttemptResult;
}
