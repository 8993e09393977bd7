/** The message where less is kept at each place than requested. */
export function lessThanAsked(
  files: readonly { readonly keeps: number }[],
  keep: number | undefined,
): string | undefined {
  const keeps = Math.min(...files.map((file) => file.keeps));
  return keep === undefined || keeps >= keep
    ? undefined
    : `${keeps / 1e6} MB are kept at each place, not ${keep / 1e6} MB: a capture uses at most half of the free disk space`;
}
