/** How relays are started, changed and stopped; what they do with packets is decided in services/relay. */
import { heldApplier, type Held } from "../../apply/held.ts";
import type { RelayResource } from "./definition.ts";

export interface RunningRelay extends Held {
  change(resource: RelayResource): void;
}

export const relay = heldApplier<"relay", RunningRelay>("relay", {
  update(running, resource) {
    if (running.running === false) return false;
    running.change(resource);
    return true;
  },
});
