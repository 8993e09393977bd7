/** What became of a request, a connection or a client's datagrams, and the line that decided it. */
import type { Cause } from "../../cause.ts";

export interface AccessEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly client: string;
  readonly port: number;
  readonly listener?: string | undefined;
  readonly method?: string | undefined;
  readonly host?: string | undefined;
  readonly target?: string | undefined;
  readonly route?: string | undefined;
  /** Of the route, or of what answered in its place. */
  readonly cause?: Cause | undefined;
  /** Of HTTP. */
  readonly status?: number | undefined;
  readonly backend?: string | undefined;
  /** `10.244.1.2:80`; of several tries the last. */
  readonly endpoint?: string | undefined;
  readonly tries?: number | undefined;
  /** What went wrong, or why it was refused. */
  readonly reason?: string | undefined;
  /** Milliseconds until the answer was complete. */
  readonly ms: number;
}
