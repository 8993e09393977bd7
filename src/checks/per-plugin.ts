/** What a check says of network plugins: `only`, and `plugins` with what differs. Every version of it is judged, also those of other plugins. */
import { NETWORK_WORDS, networkWords } from "../cluster/cni/words.ts";
import { parseShape } from "../syntax/issues.ts";
import { laidOver } from "../syntax/laid-over.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";
import type { TargetIndex } from "../targets/parse-target.ts";
import type { CheckSchema } from "./kind.ts";
import type { CheckDocument } from "./registry.ts";

/** `flannel tunnel`: all words are true, of each cluster. */
function fits(words: string, { clusters }: TargetIndex, scope: Scope): boolean {
  const all = words.split(/\s+/);
  for (const word of all)
    if (!NETWORK_WORDS.includes(word))
      scope.keyError(
        `"${word}" is neither a network plugin, a word about one, nor a mode of kube-proxy`,
        didYouMean(word, NETWORK_WORDS, "there are"),
      );
  return (
    clusters.length > 0 &&
    clusters.every((cluster) => {
      const known = networkWords(cluster);
      return all.every((word) => known.has(word));
    })
  );
}

/** The check for the lab's plugin, or why it is not made there. */
export function forPlugin(
  doc: CheckDocument,
  schema: CheckSchema,
  index: TargetIndex,
  place: Scope,
): { readonly doc: CheckDocument } | { readonly leftOut: string } {
  const { only, plugins, ...base } = doc;
  if (only === undefined && plugins === undefined) return { doc };
  let found: CheckDocument | string | undefined;
  for (const [words, change] of Object.entries(plugins ?? {})) {
    const at = place.at("plugins", words);
    const isMeant = fits(words, index, at);
    const changed = typeof change === "string" ? change : reshaped(base, change, schema, at);
    if (isMeant) found ??= changed;
  }
  const named = only === undefined ? [] : [only].flat();
  const isMade = named.map((words) => fits(words, index, place.at("only")));
  if (typeof found === "string") return { leftOut: found };
  if (named.length > 0 && !isMade.includes(true)) return { leftOut: `it is about ${named.join(" and ")}` };
  return { doc: found ?? base };
}

function reshaped(
  base: object,
  change: Readonly<Record<string, unknown>>,
  schema: CheckSchema,
  at: Scope,
): CheckDocument | undefined {
  const shape = parseShape(schema, laidOver(base, change));
  if ("data" in shape) return shape.data as CheckDocument;
  for (const { path, at: part, message, hint } of shape.mistakes) {
    const scope = at.at(...path);
    if (part === "key") scope.keyError(message, hint);
    else scope.error(message, hint);
  }
  return undefined;
}
