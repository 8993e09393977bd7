/** What is reported about an operation that failed: the command that does the same, what the kernel said, and the cause. */
import { formatCause } from "../cause.ts";
import { HostError, hostLack, messageOf, type OperationFailure } from "../errors.ts";
import type { Operation } from "../resources/operation.ts";
import { refusedCause } from "./refused-part.ts";
import { shortened } from "./shortened.ts";

export async function describeFailure(lab: string, operation: Operation, said: string): Promise<OperationFailure> {
  return {
    operation: operation.id,
    command: shortened(await commandOf(lab, operation), said),
    stderr: said,
    cause: formatCause(refusedCause(operation.resource, said) ?? operation.cause),
  };
}

/** The message of an error, with a hint where this machine lacks something. */
export function wordsOf(thrown: unknown): string {
  const error = hostLack(thrown) ?? thrown;
  if (error instanceof HostError) return `${error.message}: ${error.hint}`;
  return messageOf(error);
}

/** Loaded only when something fails; a bug in the text must not hide the failure that it is about. */
async function commandOf(lab: string, operation: Operation): Promise<string> {
  try {
    const { encodeCommand } = await import("../resources/definitions.ts");
    return encodeCommand(lab, operation);
  } catch {
    return operation.id;
  }
}
