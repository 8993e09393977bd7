/** Which rule, set or element of a table a tool refused: found by its text in the tool's output, so that its cause can be reported. */
import type { Cause } from "../cause.ts";
import type { NamedPart } from "../resources/definition.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";

/** The cause of the longest part whose text the tool quotes; undefined when it quotes none. */
export function refusedCause(resource: Resource, said: string): Cause | undefined {
  let found: NamedPart | undefined;
  for (const part of definitionOf(resource).parts?.(resource) ?? [])
    if (said.includes(part.text) && part.text.length > (found?.text.length ?? 0)) found = part;
  return found?.cause;
}
