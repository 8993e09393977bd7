/** What a check of kind http means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Outcome } from "../../net/outcome.ts";
import { parseAddress } from "../../net/address.ts";
import { readDestination, readUrl } from "../../targets/destination.ts";
import { checkPattern, readAnswer } from "../check-expectation.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { ResolveContext } from "../resolve-context.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { httpSchema } from "./schema.ts";

export interface CertificateExpectation {
  /** As `body`. */
  readonly issuer?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

type ServiceDestination = Extract<Destination, { kind: "service" }>;

export interface HttpCheck extends Check {
  readonly kind: "http";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly path: string;
  /** Of https. */
  readonly tls?: { readonly serverName?: string | undefined } | undefined;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: {
    readonly outcome: Outcome;
    readonly status?: number | undefined;
    /** A Service of which an endpoint answered. */
    readonly backend?: ServiceDestination | undefined;
    readonly certificate?: CertificateExpectation | undefined;
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
  const { secure, ...url } = found;
  if (!secure && doc.sni !== undefined)
    scope.at("sni").error("sni is of TLS, and this URL is not https", "write https://");
  if (!secure && expect.certificate !== undefined)
    scope
      .at("expect", "certificate")
      .error("a certificate is shown by TLS, and this URL is not https", "write https://");
  checkPattern(expect.certificate?.issuer, scope.at("expect", "certificate", "issuer"));
  const serverName = doc.sni ?? serverNameOf(doc.host ?? doc.headers?.["host"] ?? doc.headers?.["Host"], url.to);
  return {
    ...common(fields, from, url.to),
    kind: "http",
    from,
    ...url,
    ...(secure ? { tls: serverName === undefined ? {} : { serverName } } : {}),
    method: doc.method ?? "GET",
    headers: doc.host === undefined ? (doc.headers ?? {}) : { ...doc.headers, host: doc.host },
    expect: {
      ...answer,
      status: expect.status,
      ...(backend === undefined ? {} : { backend }),
      ...(expect.certificate === undefined ? {} : { certificate: expect.certificate }),
      ...(expect.redirect === undefined ? {} : { redirect: expect.redirect }),
      body: expect.body,
      headers: expect.headers ?? {},
    },
  };
};

/** Addresses are not sent as server names (RFC 6066, section 3). */
function serverNameOf(host: string | undefined, to: Destination): string | undefined {
  const name = host?.replace(/:\d+$/, "") ?? (to.kind === "name" ? to.name : undefined);
  return name === undefined || parseAddress(name) !== undefined ? undefined : name.replace(/\.$/, "");
}

function readBackend(text: string | undefined, context: ResolveContext, scope: Scope): ServiceDestination | undefined {
  if (text === undefined) return undefined;
  const found = readDestination(text, context.index, scope);
  if (found === undefined || found.kind === "service") return found;
  scope.error(`"${text}" is not a Service`, "write svc/NAME or svc/NAMESPACE/NAME");
  return undefined;
}
