/** What others do to a lab while it is on the screen: scale it, delete a pod, let it roll out. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/lab.ts";
import { reviveLab } from "../load/revive-lab.ts";
import type { Session } from "./session.ts";

/** Milliseconds between two looks. */
const PAUSE = 500;

export interface FollowOptions {
  /** Undefined while it is being built, or while we work on it ourselves: what happens then is not reported. */
  readonly session: () => Session | undefined;
  readonly changed: (lab: Lab) => void;
  readonly signal: AbortSignal;
}

/** Resolves when `signal` is aborted. An agent that does not answer is left to the next command that needs it. */
export async function followChanges({ session, changed, signal }: FollowOptions): Promise<void> {
  let known: string | null | undefined;
  while (await pause(signal)) {
    const now = session();
    if (now === undefined) {
      known = undefined;
      continue;
    }
    try {
      const { version } = await now.client.call("storedVersion", {});
      if (version === known) continue;
      const stored = await now.client.call("stored", {});
      if (session() !== now) continue;
      // Something may have changed between our own work and the first look.
      const isNews = known !== undefined || JSON.stringify(stored?.lab) !== JSON.stringify(now.lab);
      known = version;
      if (stored !== null && isNews) changed(reviveLab(stored));
    } catch {
      known = undefined;
    }
  }
}

async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(PAUSE, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
