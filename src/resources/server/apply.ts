/** How built-in servers are started and stopped; what they answer is decided in services/serve. */
import { heldApplier, type Held } from "../../apply/held.ts";

export interface RunningServer extends Held {
  /** Open ones; absent where there are none (UDP). */
  readonly connections?: number;
}

export const server = heldApplier<"server", RunningServer>("server");
