/** ingress-nginx' own tests of annotations, served by the data plane: real requests without TLS, an authentication server beside them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Filter } from "../../src/routing/filter.ts";
import type { Route, RoutingTable } from "../../src/routing/model.ts";
import { ADDRESS, at, L7Net, selfSigned } from "../kernel/l7-net.ts";
import type { Answer, Echo, TestCertificate } from "../kernel/l7-net.ts";
import { withReason } from "./data.ts";
import {
  ANNOTATION_CASES,
  ANNOTATIONS_ABSENT,
  differences,
  NEEDS_SNIPPETS,
  requestsOf,
} from "./ingress-annotations.ts";
import type { AnnotationCase, CaseRequest, ExpectStep } from "./ingress-annotations.ts";

const AUTH_PORT = 82;

/** Why a case is not asked here, by index. */
const LEFT_OUT: Readonly<Record<number, string>> = {
  14: "upstream stops the authentication server between its requests, and answers are cached",
  70: "FastCGI is not spoken",
  118: "the lab's DNS resolves ExternalName",
  120: "the lab's DNS resolves ExternalName",
};

const CASES = ANNOTATION_CASES.filter((one) => {
  if (one.index in LEFT_OUT || NEEDS_SNIPPETS.has(one.index)) return false;
  return requestsOf(one).every(({ request }) => !request.tls);
});

let net: L7Net;
let certificate: TestCertificate;

beforeAll(async () => {
  if (CASES.length === 0) return;
  net = new L7Net();
  certificate = selfSigned("DNS:ingress.example");
  await net.ready();
  net.serveEcho("a");
  net.serveEcho("b");
  net.serveHttp("b", AUTH_PORT, (request, response) => {
    const [, user = "", password = ""] = /^\/basic-auth\/(\w+)\/(\w+)$/.exec(request.url ?? "") ?? [];
    const right = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    response.writeHead(request.headers.authorization === right ? 200 : 401).end();
  });
});
afterAll(() => net?.remove());

/** Upstream writes the address of its server as a placeholder. */
function withServer(filter: Filter): Filter {
  if (filter.kind !== "external-auth") return filter;
  return { ...filter, url: filter.url.replace(/\{[^}]*\}/, `${ADDRESS.b}:${AUTH_PORT}`) };
}

/** Go's url.QueryEscape of the request's URI, which the table has as a placeholder. */
function withEscaped(expected: ExpectStep, target: string): ExpectStep {
  const { Location: location } = expected.header ?? {};
  if (typeof location !== "string") return expected;
  const escaped = location.replace(/\{url\.QueryEscape\([^)]*\)\}/, encodeURIComponent(target));
  return { ...expected, header: { ...expected.header, Location: escaped } };
}

/** Pods are the two servers here: canaries the one, all else the other. */
function served({ ports, backends }: RoutingTable): RoutingTable {
  const route = (one: Route): Route => ({ ...one, filters: one.filters.map((filter) => withServer(filter)) });
  return {
    ports: ports.map((port) => ({
      ...port,
      listeners: port.listeners.map((listener) => ({
        ...listener,
        hosts: listener.hosts.map((host) => ({ ...host, routes: host.routes.map((one) => route(one)) })),
      })),
    })),
    backends: Object.fromEntries(
      Object.entries(backends).map(([id, backend]) => {
        const endpoints = backend.endpoints.length === 0 ? [] : [at(id.includes("canary") ? "b" : "a")];
        return [id, { ...backend, endpoints }];
      }),
    ),
  };
}

/** What upstream's echo server would say. */
function bodyOf({ body, status }: Answer): string {
  if (status !== 200) return body;
  const { who, url, headers } = JSON.parse(body) as Echo;
  const { host = "" } = headers;
  const lines = Object.entries(headers).map((one) => one.join("="));
  return [
    who === "b" ? "httpbun-canary" : "httpbun",
    `host=${host}`,
    `request_uri=http://${host}:80${url}`,
    ...lines,
  ].join("\n");
}

async function ask({ world, request, expect: expected }: CaseRequest): Promise<readonly string[]> {
  const { table, certificates } = world.translation;
  net.proxy.set(served(table), Object.fromEntries(Object.keys(certificates).map((id) => [id, certificate])));
  const { method, target, host, headers } = request;
  const answer = await net.ask(target, { method, headers: { ...headers, host } });
  const answered = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
  return differences({
    expect: withEscaped(expected, target),
    table: { status: answer.status, headers: Object.fromEntries(answered), body: bodyOf(answer) },
  });
}

describe.skipIf(CASES.length === 0)(withReason("ingress-nginx, served", ANNOTATIONS_ABSENT), () => {
  test.each(CASES)("$index $id", async (one: AnnotationCase) => {
    for (const request of requestsOf(one)) expect(await ask(request)).toEqual([]);
  });
});
