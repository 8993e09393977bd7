/** Whether a request may pass, where others are asked: an external server, or several filters of which one suffices. */
import { isIP } from "node:net";
import { earlyAnswer } from "../routing/early-answer.ts";
import type { Filter } from "../routing/filter.ts";
import type { Backend } from "../routing/model.ts";
import { believed } from "../routing/request.ts";
import { BackendError, type HeaderList } from "./answer-sink.ts";
import { printableTarget } from "./answers.ts";
import type { Course } from "./course.ts";
import { forwardedHeaders, listOf, passedHeaders, safeList } from "./proxy-headers.ts";
import { ask } from "./side-request.ts";

type AuthFilter = Extract<Filter, { kind: "external-auth" }>;
type AnyFilter = Extract<Filter, { kind: "any" }>;
type Refuse = (status: number, why: string, headers: HeaderList) => void;

/** Returns what gives it up. */
export function askAuthority(
  filter: AuthFilter | AnyFilter,
  course: Course,
  refuse: Refuse,
  pass: () => void,
): () => void {
  if (filter.kind === "external-auth") return askServer(filter, course, refuse, pass);
  const asked = filter.filters.find((one) => one.kind === "external-auth");
  const others = filter.filters.filter((one) => one !== asked);
  const { routed: request, facts } = course;
  const early = others.map((one) => earlyAnswer(one, { request, facts, match: undefined }));
  if (early.some((answer) => answer === undefined)) pass();
  else if (asked?.kind === "external-auth") return askServer(asked, course, refuse, pass);
  else {
    const said = earlyAnswer(filter, { request, facts, match: undefined });
    if (said === undefined) pass();
    else refuse(said.status, said.why, listOf(said.headers));
  }
  return () => undefined;
}

function askServer(filter: AuthFilter, course: Course, refuse: Refuse, pass: () => void): () => void {
  const { routed, facts, expand, place } = course;
  const url = URL.parse(expand(filter.url));
  const address = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  if (url === null || isIP(address) === 0) {
    queueMicrotask(() => refuse(500, `${filter.url} has no address that could be asked`, []));
    return () => undefined;
  }
  const isTls = url.protocol === "https:";
  const backend: Backend = {
    protocol: "http1",
    ...(isTls ? { tls: {} } : {}),
    balance: "round-robin",
    endpoints: [{ address, port: Number(url.port) || (isTls ? 443 : 80) }],
    cause: filter.cause,
  };
  const headers = {
    ...passedHeaders(routed.headers),
    ...forwardedHeaders(believed(facts.entry, routed), routed.headers, facts.requestId ?? ""),
    "x-original-url": `${routed.tls ? "https" : "http"}://${routed.host}${routed.target}`,
    "x-original-method": routed.method,
    "x-sent-from": "nginx-ingress-controller",
    "x-auth-request-redirect": routed.target,
  };
  const request = {
    method: filter.method ?? "GET",
    host: url.host,
    path: printableTarget(url.pathname + url.search),
    scheme: isTls ? ("https" as const) : ("http" as const),
    headers: safeList(listOf(headers)),
    length: 0,
  };
  const { served, addresses } = place;
  return ask({ served, backend, id: undefined, request, addresses }, (answer) => {
    if (course.over) return;
    if (answer instanceof BackendError) return refuse(500, `external authentication: ${answer.message}`, []);
    const { status } = answer;
    if (status >= 200 && status < 300) {
      take(filter, answer.headers, course.added);
      return pass();
    }
    const why = `external authentication answered ${status}`;
    if (status === 401 && filter.signIn !== undefined)
      return refuse(302, why, ["location", printableTarget(expand(filter.signIn))]);
    if (status !== 401 && status !== 403) return refuse(500, why, []);
    refuse(status, why, only(answer.headers, new Set(["www-authenticate", "set-cookie"])));
  });
}

/** Headers of its answer for the backend. */
function take(filter: AuthFilter, headers: HeaderList, added: Record<string, string>): void {
  const wanted = new Set(filter.responseHeaders.map((name) => name.toLowerCase()));
  const list = only(headers, wanted);
  for (let at = 0; at < list.length; at += 2) added[(list[at] ?? "").toLowerCase()] = list[at + 1] ?? "";
}

function only(headers: HeaderList, names: ReadonlySet<string>): HeaderList {
  return headers.flatMap((name, at) =>
    at % 2 === 0 && names.has(name.toLowerCase()) ? [name, headers[at + 1] ?? ""] : [],
  );
}
