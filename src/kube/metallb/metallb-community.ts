/** Communities as MetalLB writes them: `65000:100`, `large:65000:1:2` (metallb, internal/bgp/community/community.go). */

const LARGEST = { short: 65_535, large: 2 ** 32 - 1 } as const;

function sections(parts: readonly string[], most: number, whole: string): string | undefined {
  for (const part of parts)
    if (!/^\d+$/.test(part) || Number(part) > most)
      return `invalid community value: invalid section ${JSON.stringify(part)} of community ${JSON.stringify(whole)}`;
  return undefined;
}

/**
 * As the BGP engine writes it, `65000:100` or `65000:1:2`; else what is wrong, in MetalLB's words. `isName`: it may be the name of
 * one, which a Community gives.
 */
export function readCommunity(
  text: string,
): { readonly value: string } | { readonly problem: string; readonly isName: boolean } {
  const parts = text.split(":");
  const plain = (all: readonly string[]): { readonly value: string } => ({ value: all.map(Number).join(":") });
  if (parts.length === 2) {
    const problem = sections(parts, LARGEST.short, text);
    return problem === undefined ? plain(parts) : { problem, isName: false };
  }
  if (parts.length === 4) {
    const [marker, ...numbers] = parts;
    const problem =
      marker === "large"
        ? sections(numbers, LARGEST.large, text)
        : `invalid community value: invalid marker for large community, expected community to be of format large:<uint32>:<uint32>:<uint32> but got ${text} instead`;
    return problem === undefined ? plain(numbers) : { problem, isName: false };
  }
  return { problem: `invalid community format: ${text}`, isName: true };
}
