/** Where a redirect sends its reader. */
import type { PathMatch, Redirect } from "./model.ts";
import { hostnameOf, normalizedPath, pathOf } from "./request.ts";
import type { RoutedRequest } from "./request.ts";
import { rewrittenTarget } from "./rewrite.ts";
import { expandVariables } from "./variables.ts";
import type { RequestFacts } from "./variables.ts";

const WELL_KNOWN: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** The Location header. `match`: the route's path, for changes of a prefix or by groups. */
export function locationOf(
  redirect: Redirect,
  request: RoutedRequest,
  match: PathMatch | undefined,
  facts: RequestFacts,
): string {
  if (redirect.location !== undefined) {
    const { target } = request;
    const cut =
      redirect.cutsSlash === true && target.endsWith("/") ? { ...request, target: target.slice(0, -1) } : request;
    return expandVariables(redirect.location, cut, facts);
  }
  const scheme = redirect.scheme ?? (request.tls ? "https" : "http");
  const implied = WELL_KNOWN[scheme];
  const port = redirect.port ?? (redirect.scheme === undefined ? request.port : implied);
  const target = redirect.path === undefined ? request.target : rewrittenTarget(redirect.path, match, request.target);
  const shown = port === "none" || port === undefined || port === implied ? "" : `:${port}`;
  return `${scheme}://${redirect.hostname ?? hostnameOf(request.host)}${shown}${target}`;
}

/** Whether a conditional redirect holds for a request. `scheme`: what is believed of it. */
export function redirectHolds(
  when: { readonly plain?: true | undefined; readonly path?: string | undefined },
  request: RoutedRequest,
  scheme: string,
): boolean {
  if (when.plain === true && scheme !== "http") return false;
  return when.path === undefined || normalizedPath(pathOf(request.target)) === when.path;
}
