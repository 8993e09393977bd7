/** The near end of `observe`, whose answer comes in portions. */
import type { ObservedState } from "../resources/observed.ts";
import type { AgentClient } from "./client.ts";
import { StateUnpacker } from "./packed-state.ts";
import type { Methods } from "./protocol.ts";

/** Rejects as client.call() does. */
export async function callObserve(
  client: Pick<AgentClient, "call">,
  wants: Methods["observe"]["params"],
): Promise<ObservedState> {
  const unpacker = new StateUnpacker();
  await client.call("observe", wants, (portion) => unpacker.take(portion));
  return unpacker.state;
}
