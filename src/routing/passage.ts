/** A request's whole way through a decision, as far as no socket is needed: what is answered here, or what reaches which backend. */
import { chooseBackend } from "./choose-backend.ts";
import type { BackendChoice } from "./choose-backend.ts";
import { corsDecision } from "./cors.ts";
import type { Decision } from "./decide.ts";
import { earlyAnswer } from "./early-answer.ts";
import type { EarlyAnswer } from "./early-answer.ts";
import type { Filter } from "./filter.ts";
import { changedHeaders } from "./header-filter.ts";
import type { Headers } from "./header-filter.ts";
import { locationOf } from "./location.ts";
import type { PathMatch } from "./model.ts";
import type { RoutedRequest } from "./request.ts";
import { rewrittenTarget } from "./rewrite.ts";
import { expandVariables } from "./variables.ts";
import type { RequestFacts } from "./variables.ts";

/** What is sent to a backend. */
export interface SentRequest {
  readonly host: string;
  readonly target: string;
  readonly headers: Headers;
}

export interface Passage {
  /** Answered by the proxy itself. */
  readonly answer?: Omit<EarlyAnswer, "cause"> | undefined;
  readonly choice?: BackendChoice | undefined;
  readonly sent?: SentRequest | undefined;
  /** Headers that the proxy sets in every answer; names in lower case. */
  readonly answerHeaders: Headers;
  /** Filters that ask another server, count requests or look at bodies and answers: not decided here. */
  readonly undecided: readonly Filter[];
}

/** @param random from 0 up to, but without, 1 */
export function passageOf(decision: Decision, request: RoutedRequest, facts: RequestFacts, random: number): Passage {
  const match = decision.route?.match.path;
  const expand = (text: string): string => expandVariables(text, request, facts);
  const undecided: Filter[] = [];
  const { action } = decision;
  if (action === undefined) return { answerHeaders: {}, undecided };
  for (const filter of decision.filters) {
    const early = earlyAnswer(filter, { request, facts, match });
    if (early === undefined) {
      if (!isDecided(filter)) undecided.push(filter);
      continue;
    }
    const { status, headers, why } = early;
    return {
      answer: { status, headers, why },
      answerHeaders: answerHeaders(decision.filters, request, expand),
      undecided,
    };
  }
  if (action.kind === "answer") {
    const { status, headers = {}, cause } = action.answer;
    const own = answerHeaders(decision.filters, request, expand);
    return { answer: { status, headers, why: cause.reason }, answerHeaders: own, undecided };
  }
  if (action.kind === "redirect") {
    const headers = { location: locationOf(action.to, request, match, facts) };
    const own = answerHeaders(decision.filters, request, expand);
    return {
      answer: { status: action.to.status, headers, why: action.to.cause.reason },
      answerHeaders: own,
      undecided,
    };
  }
  const choice = chooseBackend(action, request, random);
  const filters = [...decision.filters, ...(choice.to?.filters ?? [])];
  const own = answerHeaders(filters, request, expand);
  if (choice.to === undefined)
    return {
      answer: { status: choice.status ?? 500, headers: {}, why: choice.why },
      choice,
      answerHeaders: own,
      undecided,
    };
  return { choice, sent: sentRequest(filters, request, match, expand), answerHeaders: own, undecided };
}

const DECIDED: ReadonlySet<Filter["kind"]> = new Set([
  "request-headers",
  "response-headers",
  "rewrite",
  "cors",
  "addresses",
  "basic-auth",
  "client-certificate",
  "redirect-if",
]);

const isDecided = (filter: Filter): boolean =>
  filter.kind === "any" ? filter.filters.every((one) => isDecided(one)) : DECIDED.has(filter.kind);

/** What `request-headers` and `rewrite` make of a request. */
export function sentRequest(
  filters: readonly Filter[],
  request: RoutedRequest,
  match: PathMatch | undefined,
  expand: (text: string) => string,
): SentRequest {
  let { host, target } = request;
  let headers: Headers = request.headers;
  for (const filter of filters) {
    if (filter.kind === "request-headers") {
      headers = changedHeaders(filter, headers, expand);
      host = headers["host"] ?? host;
    } else if (filter.kind === "rewrite") {
      host = filter.hostname ?? host;
      if (filter.path !== undefined) target = rewrittenTarget(filter.path, match, target);
    }
  }
  return { host, target, headers };
}

function answerHeaders(filters: readonly Filter[], request: RoutedRequest, expand: (text: string) => string): Headers {
  let headers: Headers = {};
  for (const filter of filters) {
    if (filter.kind === "cors") headers = Object.assign({}, headers, corsDecision(filter, request).headers);
    else if (filter.kind === "response-headers") headers = changedHeaders(filter, headers, expand);
  }
  return headers;
}
