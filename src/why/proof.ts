/**
 * Whether the findings about a packet are permanent and not momentary, so that waiting longer changes nothing:
 * the lab is not being changed, nothing on the way is still starting, and there is evidence about the packet.
 */
import type { AgentClient } from "../agent/client.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import type { ObservedState } from "../resources/observed.ts";
import { definitionOf, isProgram } from "../resources/definitions.ts";
import type { Difference } from "./differences.ts";
import type { PacketWay } from "./packet-way.ts";

/** Refused by the peer, by a node on the way, or by the sender's own kernel. A reset connection had been established. */
const ANSWERS: ReadonlySet<TraceResult["probe"]["outcome"]> = new Set(["refused", "unreachable", "toobig"]);

/** How far the lab is. */
export interface Progress {
  /** It is being changed, or is about to be. */
  readonly changing: boolean;
  /** Every probe of a pod and every node's link has been looked at often enough. */
  readonly decided: boolean;
  readonly version: string | null;
}

export async function askProgress(client: AgentClient): Promise<Progress> {
  const [{ conditions, changing }, { version }] = await Promise.all([
    client.call("conditions", {}),
    client.call("storedVersion", {}),
  ]);
  return { changing, version, decided: conditions.every((one) => one.decided) };
}

export interface Evidence {
  readonly before: Progress;
  readonly after: Progress;
  readonly trace: Pick<TraceResult, "probe" | "icmpErrors">;
  readonly way: Pick<PacketWay, "namespaces" | "family">;
  readonly observed: Pick<ObservedState, "applied" | "running" | "ages" | "namespaces">;
  readonly differences: readonly Pick<Difference, "kind">[];
  /** Something that is not part of this lab is on the way. */
  readonly foreign: boolean;
  /** A rule of a NetworkPolicy, or any other one, has dropped it. */
  readonly denied: boolean;
  readonly dropped: boolean;
  /** Routing, ARP or the tunnel say what is against the packet. */
  readonly explained: boolean;
  /** The check expects that nothing comes through. */
  readonly negative: boolean;
  /** Milliseconds that a program has to start: what the check waits at most. */
  readonly patience: number;
}

export function isProved(evidence: Evidence): boolean {
  const { before, after, trace, differences, foreign, denied, dropped, explained, negative } = evidence;
  if (before.changing || after.changing || before.version !== after.version) return false;
  if (denied || foreign || differences.some((one) => definitionOf(one).starts !== true)) return true;
  if (!before.decided || !after.decided || differences.length > 0) return false;
  if (dropped) return true;
  const { outcome } = trace.probe;
  const answered = outcome === "open" ? negative : ANSWERS.has(outcome) || trace.icmpErrors.length > 0 || explained;
  return answered && !isStarting(evidence);
}

/** A program on the way that may still be starting, or an address of the packet's family that is not usable yet (RFC 4862). */
function isStarting({ way, observed, patience }: Evidence): boolean {
  const { applied, running, ages, namespaces } = observed;
  const on = new Set(way.namespaces);
  const up = new Set(running);
  return (
    Object.values(applied).some(
      (one) => isProgram(one) && on.has(one.ns) && (!up.has(one.id) || (ages?.[one.id] ?? 0) < patience),
    ) ||
    way.namespaces.some((ns) =>
      namespaces[ns]?.addrs.some(({ family, tentative }) => tentative && family === way.family),
    )
  );
}
