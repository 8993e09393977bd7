/** Which valid name a mistyped one probably meant. */

/** Edit distance with neighbouring letters swapped counted once (optimal string alignment); gives up above `limit`. */
export function editDistance(a: string, b: string, limit = 4): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      current.push(cost);
    }
    if (Math.min(...current) > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}

/** Up to three candidates near `name`, nearest first; case is ignored. */
export function nearestNames(name: string, candidates: Iterable<string>): readonly string[] {
  const wanted = name.slice(0, 80).toLowerCase();
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 2)));
  const found: { name: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    let distance = editDistance(wanted, lower, limit);
    if (distance > limit && wanted.length > 2 && (lower.startsWith(wanted) || wanted.startsWith(lower)))
      distance = limit;
    if (distance <= limit) found.push({ name: candidate, distance });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return found.slice(0, 3).map((entry) => entry.name);
}

/** `did you mean "a"? Valid: a, b, c`: the nearest names first, then all of them (at most `most`). */
export function didYouMean(name: string, candidates: readonly string[], what = "valid", most = 24): string | undefined {
  if (candidates.length === 0) return undefined;
  const near = nearestNames(name, candidates);
  const guess = near.length === 0 ? "" : `did you mean ${near.map((n) => `"${n}"`).join(" or ")}? `;
  const rest = candidates.length > most ? ` … (${candidates.length} in all)` : "";
  // Separates sentences in a list.
  const quote = candidates.some((one) => one.includes(" ")) ? JSON.stringify : String;
  return `${guess}${what}: ${candidates
    .slice(0, most)
    .map((one) => quote(one))
    .join(", ")}${rest}`;
}
