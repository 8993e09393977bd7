/** What a proxy says of requests from pages of other origins (Fetch standard, 3.2). */
import type { Filter } from "./filter.ts";
import { compiled } from "./regex.ts";
import type { RoutedRequest } from "./request.ts";

type CorsFilter = Extract<Filter, { kind: "cors" }>;

export interface CorsDecision {
  /** It is answered here, with the filter's status. */
  readonly preflight: boolean;
  /** For the answer, names in lower case; empty: the origin is not allowed. */
  readonly headers: Readonly<Record<string, string>>;
}

const NOTHING: CorsDecision = { preflight: false, headers: {} };

function originFits(pattern: string, origin: string, loose: boolean): boolean {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  const label = loose ? "[A-Za-z0-9-]+" : "[^/]+";
  return compiled(`^${literal.replace("*", label)}$`, true)?.test(origin) === true;
}

/** What Access-Control-Allow-Origin says; undefined: nothing. */
function allowedOrigin(filter: CorsFilter, origin: string | undefined): string | undefined {
  const { origins, loose = false, credentials } = filter;
  const all = origins.includes("*");
  if (loose) {
    if (all) return "*";
  } else if (all) return origin === undefined || !credentials ? (origin === undefined ? undefined : "*") : origin;
  if (origin === undefined) return undefined;
  return origins.some((pattern) => originFits(pattern, origin, loose)) ? origin : undefined;
}

export function corsDecision(filter: CorsFilter, request: Pick<RoutedRequest, "method" | "headers">): CorsDecision {
  const { loose = false, methods, headers, exposed, credentials, maxAge } = filter;
  const origin = allowedOrigin(filter, request.headers["origin"]);
  if (origin === undefined) return NOTHING;
  const asked = request.headers["access-control-request-method"] !== undefined;
  const preflight = request.method === "OPTIONS" && (loose || asked);
  const answer: Record<string, string> = { "access-control-allow-origin": origin };
  if (credentials) answer["access-control-allow-credentials"] = "true";
  if (loose || preflight) {
    // A list of one star stands for what was asked, which browsers do not take from a star with credentials.
    const listed = (list: readonly string[], wanted: string | undefined): string =>
      list.includes("*") && credentials && wanted !== undefined && !loose ? wanted : list.join(", ");
    answer["access-control-allow-methods"] = listed(methods, request.headers["access-control-request-method"]);
    answer["access-control-allow-headers"] = listed(headers, request.headers["access-control-request-headers"]);
    answer["access-control-max-age"] = `${maxAge}`;
  }
  if (exposed.length > 0 && (loose || !preflight)) answer["access-control-expose-headers"] = exposed.join(", ");
  for (const [name, value] of Object.entries(answer)) if (value === "") delete answer[name];
  return { preflight, headers: answer };
}
