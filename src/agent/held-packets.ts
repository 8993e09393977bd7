/** Packets that are held for traces: released with the trace, with the connection that asked, or after a while. */
import { randomUUID } from "node:crypto";
import { UsageError } from "../errors.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import type { HeldTrace } from "../services/trace/awaited-answer.ts";
import type { Methods } from "./protocol.ts";

/** Milliseconds. A sender waits longer than this before it sends again. */
const LONGEST = 900;

const held = new Map<string, HeldTrace>();

/** The packet that a trace holds. Throws UsageError once it has been released. */
export function takeHeld(asked: Methods["trace"]["params"]["held"]): HeldTrace | undefined {
  if (asked === undefined) return undefined;
  const found = held.get(asked.id);
  held.delete(asked.id);
  if (found === undefined) throw new UsageError("the packet has been released", "try again");
  return found;
}

export async function holdPacket(
  netns: NetnsHandle,
  { ns, filter, within, timeout }: Methods["hold"]["params"],
  listening: () => void,
  gone: AbortSignal,
): Promise<Methods["hold"]["result"]> {
  const { holdFirst } = await import("../services/trace/hold.ts");
  const { heldProbe } = await import("../services/trace/held-probe.ts");
  const packet = await holdFirst(netns, filter, listening, AbortSignal.any([gone, AbortSignal.timeout(within)]));
  if (packet === undefined) return {};
  const found = heldProbe(ns, packet.bytes, timeout);
  if (found === undefined) {
    packet.release();
    throw new UsageError("the first packet that matched is not TCP, UDP or an echo request", "narrow the filter");
  }
  const id = randomUUID();
  held.set(id, { ...packet, localPort: found.localPort });
  const release = (): void => {
    if (held.delete(id)) packet.release();
  };
  setTimeout(release, LONGEST);
  gone.addEventListener("abort", release, { once: true });
  const { probe, marks, answered, sender } = found;
  return { held: { id, probe, marks, answered, sender } };
}
