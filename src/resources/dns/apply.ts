/** How DNS servers are started, updated while they run, and stopped; what they answer is decided in services/dns. */
import { heldApplier, type Held } from "../../apply/held.ts";
import type { DnsResource } from "./definition.ts";

interface RunningDns extends Held {
  /** Other records from the next question on. */
  update(resource: DnsResource): void;
}

export const dns = heldApplier<"dns", RunningDns>("dns", {
  update(running, resource, before) {
    if (before.port !== resource.port) return false;
    running.update(resource);
    return true;
  },
});
