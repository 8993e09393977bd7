/** The far end of `observe`. */
import type { ObservedState } from "../resources/observed.ts";
import type { CallContext } from "./connection.ts";
import { statePortions } from "./packed-state.ts";

/** One portion after the other: a client that reads slowly makes no queue here. */
export async function sendState(
  state: ObservedState,
  { connection, emit }: CallContext<"observe">,
): Promise<Record<never, never>> {
  for (const portion of statePortions(state)) {
    emit(portion);
    await connection.flush();
  }
  return {};
}
