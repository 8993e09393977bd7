/** How proxies are started, updated with other endpoints while they run, and retired; what they do is decided in services/proxy. */
import { heldApplier, type Held } from "../../apply/held.ts";
import type { ProxySpec } from "./definition.ts";

export interface RunningProxy extends Held {
  /** Its current configuration. */
  readonly spec: ProxySpec;
  /** Connections so far, by endpoint. */
  readonly served: ReadonlyMap<string, number>;
  /** Other endpoints from the next connection on. */
  update(spec: ProxySpec): void;
  /** Accepts no new clients; existing connections may finish, for a while. */
  retire(): void;
}

export const proxy = heldApplier<"proxy", RunningProxy>("proxy", {
  update(running, resource, before) {
    if (before.port !== resource.port) return false;
    running.update(resource);
    return true;
  },
  // As kube-proxy does: the port is closed, existing connections end on their own.
  retire(running, { retired }) {
    retired.add(running);
    running.retire();
  },
});
