/** What is said over a TCP connection once it stands: each kind of probe that speaks TCP brings its own. */
import type { Finding } from "./attempt.ts";

export interface Dialogue {
  /** Sent as soon as the connection stands. */
  readonly request: Buffer;
  /** Silence after which a connection that stands is an answer in itself, in ms; absent: the probe's whole timeout. */
  readonly patience?: number | undefined;
  /** Bytes from the peer (valid during the call only); a finding when the answer is complete. */
  take(bytes: Buffer): Finding | undefined;
  /** The peer closed its end. */
  end(): Finding;
  /** The time is over while the connection stands. */
  silence(): Finding;
}
