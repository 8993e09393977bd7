/** What a check of kind http means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Outcome } from "../../net/outcome.ts";
import { readDestination, readUrl } from "../../targets/destination.ts";
import { checkPattern, readAnswer } from "../check-expectation.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { ResolveContext } from "../resolve-context.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { httpSchema } from "./schema.ts";

type ServiceDestination = Extract<Destination, { kind: "service" }>;

export interface HttpCheck extends Check {
  readonly kind: "http";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: {
    readonly outcome: Outcome;
    readonly status?: number | undefined;
    /** A Service of which an endpoint answered. */
    readonly backend?: ServiceDestination | undefined;
    /** What Location is, as `body`. */
    readonly redirect?: string | undefined;
    /** Text that the body contains, or `/regular expression/`. */
    readonly body?: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
    /** The source address that the server saw. */
    readonly sourceIP?: Destination | undefined;
    readonly hostname?: string | undefined;
  };
}

export const resolveHttp: CheckResolver<typeof httpSchema, HttpCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const found = readUrl(doc.http, context.index, scope.at("http"));
  const expect = typeof doc.expect === "object" ? doc.expect : {};
  checkPattern(expect.body, scope.at("expect", "body"));
  checkPattern(expect.redirect, scope.at("expect", "redirect"));
  const answer = readAnswer(doc.expect, context, scope);
  const backend = readBackend(expect.backend, context, scope.at("expect", "backend"));
  if (found === undefined) return undefined;
  return {
    ...common(fields, from, found.to),
    kind: "http",
    from,
    ...found,
    method: doc.method ?? "GET",
    headers: doc.host === undefined ? (doc.headers ?? {}) : { ...doc.headers, host: doc.host },
    expect: {
      ...answer,
      status: expect.status,
      ...(backend === undefined ? {} : { backend }),
      ...(expect.redirect === undefined ? {} : { redirect: expect.redirect }),
      body: expect.body,
      headers: expect.headers ?? {},
    },
  };
};

function readBackend(text: string | undefined, context: ResolveContext, scope: Scope): ServiceDestination | undefined {
  if (text === undefined) return undefined;
  const found = readDestination(text, context.index, scope);
  if (found === undefined || found.kind === "service") return found;
  scope.error(`"${text}" is not a Service`, "write svc/NAME or svc/NAMESPACE/NAME");
  return undefined;
}
