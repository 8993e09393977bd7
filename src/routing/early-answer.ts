/** What filters answer of their own accord, without asking a backend or another server. */
import type { Cause } from "../cause.ts";
import { refusedAddress } from "./address-list.ts";
import { refusedCredentials, verifyPassword } from "./basic-auth.ts";
import type { PasswordVerifier } from "./basic-auth.ts";
import { corsDecision } from "./cors.ts";
import type { Filter } from "./filter.ts";
import { locationOf, redirectHolds } from "./location.ts";
import type { PathMatch } from "./model.ts";
import { compiled } from "./regex.ts";
import { believed } from "./request.ts";
import type { RoutedRequest } from "./request.ts";
import type { RequestFacts } from "./variables.ts";

export interface EarlyAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** `10.0.0.1 is not allowed`. */
  readonly why: string;
  readonly cause: Cause;
}

export interface EarlyContext {
  readonly request: RoutedRequest;
  readonly facts: RequestFacts;
  /** The route's path. */
  readonly match: PathMatch | undefined;
  readonly verify?: PasswordVerifier | undefined;
}

/** Undefined: the request goes to the next filter, or the filter asks others (external-auth, rate, …). */
export function earlyAnswer(filter: Filter, context: EarlyContext): EarlyAnswer | undefined {
  const { request, facts, match, verify = verifyPassword } = context;
  const { cause } = filter;
  if (filter.kind === "redirect-if") {
    if (!redirectHolds(filter, request, believed(facts.entry, request).scheme)) return undefined;
    const location = locationOf(filter.to, request, match, facts);
    return { status: filter.to.status, headers: { location }, why: filter.to.cause.reason, cause };
  }
  if (filter.kind === "addresses") {
    const why = refusedAddress(filter, believed(facts.entry, request).clientAddress);
    return why === undefined ? undefined : { status: filter.status, headers: {}, why, cause };
  }
  if (filter.kind === "cors") {
    const { preflight, headers } = corsDecision(filter, request);
    const why = `preflight of ${request.headers["origin"] ?? "no origin"}`;
    return preflight ? { status: filter.status, headers, why, cause } : undefined;
  }
  if (filter.kind === "basic-auth") {
    if (filter.users === undefined) return { status: 503, headers: {}, why: cause.reason, cause };
    const why = refusedCredentials(request.headers["authorization"], filter.users, verify);
    const headers = { "www-authenticate": `Basic realm="${filter.realm}"` };
    return why === undefined ? undefined : { status: 401, headers, why, cause };
  }
  if (filter.kind === "client-certificate") return refusedCertificate(filter, request);
  if (filter.kind === "any") return refusedByAll(filter.filters, context);
  return undefined;
}

function refusedCertificate(
  { required, subject, errorPage, cause }: Extract<Filter, { kind: "client-certificate" }>,
  { clientCertificate: shown }: RoutedRequest,
): EarlyAnswer | undefined {
  const refused = (status: number, why: string): EarlyAnswer => ({ status, headers: {}, why, cause });
  const invalid = (why: string): EarlyAnswer =>
    errorPage === undefined ? refused(400, why) : { status: 302, headers: { location: errorPage }, why, cause };
  if (shown === undefined) return required ? invalid("the client shows no certificate") : undefined;
  if (!shown.verified) return invalid("the client's certificate is not from a trusted authority");
  if (subject === undefined || compiled(subject)?.test(shown.subject) === true) return undefined;
  return refused(403, `the certificate's subject ${shown.subject} does not match ${subject}`);
}

/** nginx answers with what the last one of them says, but a 401 comes before it. */
function refusedByAll(filters: readonly Filter[], context: EarlyContext): EarlyAnswer | undefined {
  const answers = filters.map((one) => earlyAnswer(one, context));
  if (answers.some((one) => one === undefined)) return undefined;
  return answers.find((one) => one?.status === 401) ?? answers.at(-1);
}
