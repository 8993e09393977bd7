/** What a check of kind http means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Outcome } from "../../net/outcome.ts";
import { readUrl } from "../../targets/destination.ts";
import { checkPattern, readAnswer } from "../check-expectation.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { httpSchema } from "./schema.ts";

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
  const answer = readAnswer(doc.expect, context, scope);
  if (found === undefined) return undefined;
  return {
    ...common(fields, from, found.to),
    kind: "http",
    from,
    ...found,
    method: doc.method ?? "GET",
    headers: doc.headers ?? {},
    expect: { ...answer, status: expect.status, body: expect.body, headers: expect.headers ?? {} },
  };
};
