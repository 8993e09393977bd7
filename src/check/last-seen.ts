/** Where the packet of a failed check was last seen: one more attempt while every device of the lab is listened to. */
import type { Probe, TraceResult } from "../agent/protocol.ts";
import { describeLastSeen } from "../agent/trace/last-seen.ts";
import type { CheckContext } from "./kind.ts";

export interface LastSeen {
  readonly lastSeen: string;
  readonly sightings: TraceResult["sightings"];
}

/** Longest that a trace may take: a probe's own timeout and the time to start listening. */
const MARGIN = 3000;

/** undefined when it cannot be told (the agent cannot listen, or the probe is not traceable). */
export async function traceLastSeen(context: CheckContext, probe: Probe): Promise<LastSeen | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), probe.timeout + MARGIN);
  try {
    const trace = await Promise.race([context.client.call("trace", { probe }), late]);
    if (trace === undefined) return undefined;
    return { lastSeen: describeLastSeen(trace, probe.ns), sightings: trace.sightings };
  } catch {
    return undefined; // the check's own finding matters more than why it could not be traced
  } finally {
    clearTimeout(timer);
  }
}
