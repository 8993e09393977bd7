/** How watches are started and stopped; how they look is decided in services/watch. */
import { heldApplier, type Held } from "../../apply/held.ts";
import type { WatchSpec } from "./definition.ts";

export interface RunningWatch extends Held {
  readonly subject: WatchSpec["subject"];
  /** As it is now; a readiness probe without a result yet is not ok, a link is. */
  readonly ok: boolean;
  /** It has a result, after the required number of attempts. */
  readonly decided: boolean;
  /** Starts watching, if it has not started yet. */
  begin(): void;
  /** What it looks at is no longer slow to start. */
  hurry(): void;
}

export const watch = heldApplier<"watch", RunningWatch>("watch", {
  startsLate: true,
  update(running, resource) {
    if (resource.slow === undefined) running.hurry();
    return true;
  },
});
