/** A request's target with its path changed. */
import type { PathChange, PathMatch } from "./model.ts";
import { matchFromStart } from "./regex.ts";
import { pathOf, queryOf } from "./request.ts";

/** `/foo/bar` with `/foo` → `/xyz`: `/xyz/bar`; never a doubled slash (HTTPRoute's ReplacePrefixMatch). */
function withPrefix(path: string, prefix: string, replacement: string): string {
  const rest = path.slice(prefix.replace(/\/+$/, "").length);
  const stem = replacement.replace(/\/+$/, "");
  if (rest === "") return replacement === "" ? "/" : replacement;
  const joined = `${stem}${rest.startsWith("/") ? rest : `/${rest}`}`;
  return joined.replace(/^\/{2,}/, "/");
}

/** `$1` to `$9`, `$0` for all that matched. */
function withGroups(value: string, groups: RegExpExecArray): string {
  return value.replace(/\$(?:\{(\d)\}|(\d))/g, (_whole, braced: string | undefined, plain: string | undefined) => {
    return groups[Number(braced ?? plain)] ?? "";
  });
}

function changedPath(change: PathChange, match: PathMatch | undefined, path: string): string {
  if (change.kind === "full") return change.value;
  if (change.kind === "prefix")
    return withPrefix(path, match?.kind === "regex" ? "" : (match?.value ?? "/"), change.value);
  const { value = "", ignoreCase = false } = match ?? {};
  const groups = match?.kind === "regex" ? matchFromStart(value, ignoreCase, path) : undefined;
  return groups === undefined ? change.value : withGroups(change.value, groups);
}

/** `match`: the route's own. The query stays; a change that brings one has it first, as nginx appends the request's. */
export function rewrittenTarget(change: PathChange, match: PathMatch | undefined, target: string): string {
  const changed = changedPath(change, match, pathOf(target));
  const query = queryOf(target);
  if (query === "" || !changed.includes("?")) return changed + query;
  return changed.endsWith("?") ? changed.slice(0, -1) : `${changed}&${query.slice(1)}`;
}
