/** One lab, built with one of the networks that are compared: its checks, what was measured, and down again. */
import type { CheckResult } from "../../events.ts";
import { messageOf } from "../../errors.ts";
import type { Driver } from "../../drivers/driver.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { LostCheck } from "../../lab/check.ts";
import type { LoadedLab } from "../../load/load-lab.ts";
import { checkLab } from "../../workflow/check-lab.ts";
import { makeEventBus } from "../../workflow/event-bus.ts";
import { upLab, type Session } from "../../workflow/session.ts";
import { makeStartGate } from "../../workflow/start-gate.ts";
import { takeDown } from "../../workflow/take-down.ts";
import { measureWay, type WayFigures } from "./measure.ts";
import { waysOf } from "./ways.ts";

/** A network to be tried, as the command line says it; undefined: as the file says. */
export interface Network {
  readonly cni: string | undefined;
  readonly kubeProxy: string | undefined;
}

/** `calico, nftables`. */
export function networkText({ cni, kubeProxy }: Network): string {
  return [cni, kubeProxy].filter((part) => part !== undefined).join(", ") || "as in the file";
}

export interface Tried {
  readonly network: Network;
  /** Why it was not built. */
  readonly problem?: { readonly text: string; readonly error: unknown } | undefined;
  readonly built?: BuiltFigures | undefined;
}

export interface BuiltFigures {
  readonly cluster: ClusterModel;
  /** Milliseconds. */
  readonly ms: number;
  readonly checks: readonly CheckResult[];
  readonly leftOut: readonly LostCheck[];
  readonly ways: readonly WayFigures[];
  /** Bytes that the lab's agent holds, with the built-in servers of all pods. */
  readonly memory: number;
}

export interface TryRequest {
  readonly driver: Driver;
  readonly signal: AbortSignal;
  readonly load: () => Promise<LoadedLab>;
  /** For a person, meanwhile. */
  readonly say: (text: string) => void;
}

/** What cannot be built is a result. The lab is down again when this resolves or rejects. */
export async function tryNetwork(network: Network, { driver, signal, load, say }: TryRequest): Promise<Tried> {
  const bus = makeEventBus("compare", performance.now());
  const gate = makeStartGate(say);
  const begun = performance.now();
  let session: Session;
  try {
    session = await upLab({ driver, bus, signal, keep: false, load, exclusive: true, tuneHost: false, gate });
  } catch (error) {
    signal.throwIfAborted();
    return { network, problem: { text: messageOf(error), error } };
  } finally {
    gate.leave();
  }
  try {
    const ms = performance.now() - begun;
    const checks = await checkLab(session, { bus, signal });
    return { network, built: await figures(session, signal, { ms, checks }) };
  } finally {
    await takeDown(session, bus);
  }
}

async function figures(
  { client, lab }: Session,
  signal: AbortSignal,
  { ms, checks }: Pick<BuiltFigures, "ms" | "checks">,
): Promise<BuiltFigures> {
  const [cluster] = lab.clusters;
  if (cluster === undefined) throw new TypeError("a lab without a cluster");
  const ways: WayFigures[] = [];
  // One after the other: none is to wait for another.
  for (const way of waysOf(cluster)) {
    signal.throwIfAborted();
    ways.push(await measureWay({ client, lab, signal }, way));
  }
  const { rss } = await client.call("stats", {});
  return { cluster, ms, checks, leftOut: lab.leftOut ?? [], ways, memory: rss };
}
