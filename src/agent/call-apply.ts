/** The near end of `apply`: large rule sets that change are sent as edits, many operations in portions. */
import { LabError } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";
import type { AgentClient } from "./client.ts";
import { OTHER_BASE, packedPortions } from "./packed-operations.ts";
import type { ApplyEvent } from "../apply/protocol.ts";
import type { ApplyParams, ApplyResult } from "./protocol.ts";

type Params = Omit<ApplyParams, "operations">;

/** As `client.call("apply", …)`. When the agent turns out to have another state of a rule set, all is sent as a whole. */
export async function callApply(
  client: AgentClient,
  operations: readonly Operation[],
  params: Params,
  onEvent?: (event: ApplyEvent) => void,
): Promise<ApplyResult> {
  try {
    return await send(client, operations, true, params, onEvent);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== OTHER_BASE) throw error;
    return send(client, operations, false, params, onEvent);
  }
}

async function send(
  client: AgentClient,
  operations: readonly Operation[],
  edits: boolean,
  params: Params,
  onEvent: ((event: ApplyEvent) => void) | undefined,
): Promise<ApplyResult> {
  let taken: Promise<unknown> = Promise.resolve();
  for (const portion of packedPortions(operations, edits)) {
    // The agent unpacks one while the next is packed.
    await taken;
    if (portion.from + portion.packed.length >= operations.length)
      return client.call("apply", { ...params, operations: portion }, onEvent);
    taken = client.call("operations", portion);
    taken.catch(() => undefined); // awaited above, when the next one is packed
  }
  throw new Error("there is always a last portion");
}
