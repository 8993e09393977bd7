/** JSON of what may be longer than a string can be (512 MiB). */

type Fields = Readonly<Record<string, unknown>>;

/** As JSON.stringify(value, null, 2) writes it; members of members come one by one. */
export function* jsonPieces(value: Fields): Generator<string> {
  yield* members(value, 1);
}

function* members(value: Fields, depth: number): Generator<string> {
  const there = Object.entries(value).filter(([, one]) => one !== undefined);
  if (there.length === 0) {
    yield "{}";
    return;
  }
  const indent = "\n" + "  ".repeat(depth);
  for (const [index, [key, one]] of there.entries()) {
    yield `${index === 0 ? "{" : ","}${indent}${JSON.stringify(key)}: `;
    if (depth === 1 && typeof one === "object" && one !== null && !Array.isArray(one))
      yield* members(one as Fields, depth + 1);
    else yield JSON.stringify(one, null, 2).replaceAll("\n", indent);
  }
  yield `\n${"  ".repeat(depth - 1)}}`;
}
