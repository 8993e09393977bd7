/** Which rule, set or element of a table a tool refused: found by its text in the tool's output, so that its cause can be reported. */
import type { Cause } from "../cause.ts";
import { formatIptablesArgs } from "../resources/iptables/table-words.ts";
import type { Resource } from "../resources/resource.ts";

interface Part {
  readonly text: string;
  readonly cause: Cause;
}

function partsOf(resource: Resource): readonly Part[] {
  if (resource.kind === "iptables")
    return resource.chains.flatMap((chain) =>
      chain.rules.map(({ args, cause }) => ({ text: formatIptablesArgs([chain.name, ...args]), cause })),
    );
  if (resource.kind === "nft")
    return resource.objects.flatMap((object) =>
      (object.kind === "chain" ? object.rules : object.elements).map(({ text, cause }) => ({
        text: `${object.name} ${object.kind === "chain" ? text : `{ ${text} }`}`,
        cause,
      })),
    );
  return [];
}

/** The cause of the longest part whose text the tool quotes; undefined when it quotes none. */
export function refusedCause(resource: Resource, said: string): Cause | undefined {
  let found: Part | undefined;
  for (const part of partsOf(resource))
    if (said.includes(part.text) && part.text.length > (found?.text.length ?? 0)) found = part;
  return found?.cause;
}
