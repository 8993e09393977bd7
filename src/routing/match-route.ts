/** Whether a request fits a route's match, and why not. */
import type { PathMatch, RouteMatch, ValueMatch } from "./model.ts";
import { matchesWhole, matchFromStart } from "./regex.ts";
import { queryOf } from "./request.ts";
import type { RoutedRequest } from "./request.ts";

/** By elements: `/foo` and `/foo/` fit `/foo`, `/foo/` and `/foo/bar`, not `/foobar`. */
function prefixFits(prefix: string, path: string): boolean {
  const stem = prefix.replace(/\/+$/, "");
  return path === stem || path.startsWith(`${stem}/`);
}

/** Undefined: it fits. */
export function pathMismatch(match: PathMatch, path: string): string | undefined {
  const { kind, value, ignoreCase = false } = match;
  if (kind === "regex")
    return matchFromStart(value, ignoreCase, path) === undefined ? `path ${path} does not match ${value}` : undefined;
  const [wanted, got] = ignoreCase ? [value.toLowerCase(), path.toLowerCase()] : [value, path];
  if (kind === "exact") return wanted === got ? undefined : `path is ${path}, not ${value}`;
  return prefixFits(wanted, got) ? undefined : `path ${path} is not below ${value}`;
}

function valueFits(match: ValueMatch, value: string): boolean {
  if (match.kind === "present") return true;
  return match.kind === "exact" ? match.value === value : matchesWhole(match.value, value);
}

function valueMismatch(what: string, match: ValueMatch, value: string | undefined): string | undefined {
  if (value === undefined) return `${what} ${match.name} is missing`;
  if (valueFits(match, value)) return undefined;
  return match.kind === "exact"
    ? `${what} ${match.name} is ${value}, not ${match.value}`
    : `${what} ${match.name} is ${value}, which does not match ${match.value}`;
}

/** The first value of a parameter that is repeated. */
export function queryValue(target: string, name: string): string | undefined {
  return new URLSearchParams(queryOf(target)).get(name) ?? undefined;
}

/** Undefined: all conditions hold. `path`: normalized where the listener says it. */
export function routeMismatch(match: RouteMatch, request: RoutedRequest, path: string): string | undefined {
  const { method, headers, target } = request;
  const byPath = match.path === undefined ? undefined : pathMismatch(match.path, path);
  if (byPath !== undefined) return byPath;
  if (match.method !== undefined && match.method !== method) return `method is ${method}, not ${match.method}`;
  for (const one of match.headers ?? []) {
    const wrong = valueMismatch("header", one, headers[one.name]);
    if (wrong !== undefined) return wrong;
  }
  for (const one of match.query ?? []) {
    const wrong = valueMismatch("query parameter", one, queryValue(target, one.name));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
