import { expect, test } from "vitest";
import { decide } from "../../../src/routing/decide.ts";
import type { Filter } from "../../../src/routing/filter.ts";
import type { EntryPort, Route } from "../../../src/routing/model.ts";
import { passageOf } from "../../../src/routing/passage.ts";
import type { Passage } from "../../../src/routing/passage.ts";
import type { RoutedRequest } from "../../../src/routing/request.ts";
import { cause, host, listener, request, route, table } from "./tables.ts";

function passage(
  filters: readonly Filter[],
  asked: RoutedRequest = request("/a"),
  entry: Partial<EntryPort> = {},
  more: Partial<Route> = {},
): Passage {
  const path = { kind: "prefix", value: "/" } as const;
  const routing = table([listener([host(undefined, route("web", path, { filters, ...more }))])], entry);
  return passageOf(decide(routing, asked), asked, { entry: routing.ports[0] ?? {}, requestId: "f00" }, 0);
}

const BY = { cause: cause("filter") };

test("headers, host and path are changed in the order of filters", () => {
  const { sent, answerHeaders, choice } = passage(
    [
      {
        kind: "request-headers",
        set: [{ name: "X-A", value: "1" }],
        add: [{ name: "x-a", value: "2" }],
        remove: ["X-B"],
        ...BY,
      },
      { kind: "request-headers", set: [{ name: "X-Real-IP", value: "$remote_addr", expands: true }], ...BY },
      { kind: "request-headers", set: [{ name: "x-b", value: "$http_x_none", expands: true }], ...BY },
      { kind: "rewrite", hostname: "in.example", path: { kind: "prefix", value: "/new" }, ...BY },
      { kind: "response-headers", set: [{ name: "X-C", value: "3" }], ...BY },
    ],
    request("/a?b", { headers: { "x-b": "x" } }),
  );
  expect(choice?.to?.backend).toBe("web");
  expect(sent).toEqual({ host: "in.example", target: "/new/a?b", headers: { "x-a": "1,2", "x-real-ip": "10.0.0.9" } });
  expect(answerHeaders).toEqual({ "x-c": "3" });
});

test("address lists judge the address that is believed", () => {
  const list: Filter = {
    kind: "addresses",
    allowed: ["10.0.0.0/8", "2001:db8::1"],
    denied: ["10.1.0.0/16"],
    status: 403,
    ...BY,
  };
  const from = (clientAddress: string, chain?: string, trustedProxies?: readonly string[]) =>
    passage([list], request("/", { clientAddress, headers: chain === undefined ? {} : { "x-forwarded-for": chain } }), {
      trustedProxies,
    }).answer?.why;
  expect(from("10.0.0.9")).toBeUndefined();
  expect(from("::ffff:10.0.0.9")).toBeUndefined();
  expect(from("2001:db8::1")).toBeUndefined();
  expect(from("10.1.2.3")).toBe("10.1.2.3 is denied");
  expect(from("192.0.2.1")).toBe("192.0.2.1 is not allowed");
  expect(from("10.0.0.9", "192.0.2.1")).toBeUndefined();
  expect(from("10.0.0.9", "10.0.0.1, 192.0.2.1, 10.0.0.8", ["10.0.0.0/24"])).toBe("192.0.2.1 is not allowed");
  expect(from("10.0.0.9", "192.0.2.1, 10.2.0.1", ["0.0.0.0/0"])).toBe("192.0.2.1 is not allowed");
});

const APR1 = "$apr1$OFG3Xybp$ckL0FHDAkoXYIlH9.cysT0";

test.each([
  ["foo:bar", { foo: APR1 }, undefined],
  ["foo:baz", { foo: APR1 }, "the password of user foo is wrong"],
  ["foo:bar", { foo: "{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=" }, undefined],
  ["foo:bar", { foo: "" }, "there is no user foo"],
  ["toString:bar", { foo: APR1 }, "there is no user toString"],
  ["foo:bar", { foo: "$2y$05$abc" }, "the hash of user foo is of a kind that cannot be verified here"],
])("basic auth of %s with %j: %s", (text, users, why) => {
  const authorization = `Basic ${Buffer.from(text).toString("base64")}`;
  const { answer } = passage(
    [{ kind: "basic-auth", realm: "shop", users, ...BY }],
    request("/", { headers: { authorization } }),
  );
  expect(answer?.why).toBe(why);
  if (why !== undefined)
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": 'Basic realm="shop"' } });
});

test("without users all are answered with 503; of several ways one suffices", () => {
  expect(passage([{ kind: "basic-auth", realm: "", users: undefined, ...BY }]).answer?.status).toBe(503);
  const auth: Filter = { kind: "basic-auth", realm: "", users: { foo: APR1 }, ...BY };
  const either = (allowed: string): Filter => ({
    kind: "any",
    filters: [{ kind: "addresses", allowed: [allowed], status: 403, ...BY }, auth],
    ...BY,
  });
  expect(passage([either("10.0.0.0/8")]).answer).toBeUndefined();
  expect(passage([either("192.0.2.0/24")]).answer?.status).toBe(401);
});

const CORS = {
  kind: "cors",
  methods: ["GET", "PUT"],
  headers: ["X-A"],
  exposed: ["X-B"],
  credentials: true,
  maxAge: 5,
  status: 204,
  ...BY,
} as const;

test("CORS as the Fetch standard has it", () => {
  const strict: Filter = { ...CORS, origins: ["https://*.example"] };
  const from = (origin: string, more: object = {}) => request("/", { headers: { origin, ...more } });
  expect(passage([strict], from("https://a.b.example")).answerHeaders).toEqual({
    "access-control-allow-origin": "https://a.b.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "X-B",
  });
  expect(passage([strict], from("https://example.test")).answerHeaders).toEqual({});
  const asked = { ...from("https://a.example", { "access-control-request-method": "PUT" }), method: "OPTIONS" };
  expect(passage([strict], asked)).toMatchObject({
    answer: { status: 204 },
    answerHeaders: { "access-control-allow-methods": "GET, PUT", "access-control-max-age": "5" },
  });
  expect(passage([strict], { ...from("https://a.example"), method: "OPTIONS" }).answer).toBeUndefined();
  expect(passage([{ ...strict, origins: ["*"] }], from("https://x")).answerHeaders["access-control-allow-origin"]).toBe(
    "https://x",
  );
  const open: Filter = { ...strict, origins: ["*"], credentials: false };
  expect(passage([open], from("https://x")).answerHeaders["access-control-allow-origin"]).toBe("*");
  expect(passage([open]).answerHeaders).toEqual({});
});

test("CORS as nginx does it", () => {
  const loose: Filter = { ...CORS, loose: true, origins: ["https://*.example"] };
  const from = (origin: string) => request("/", { headers: { origin } });
  expect(passage([loose], from("https://a.b.example")).answerHeaders).toEqual({});
  expect(passage([loose], from("https://a.example")).answerHeaders).toMatchObject({
    "access-control-allow-methods": "GET, PUT",
    "access-control-expose-headers": "X-B",
  });
  expect(passage([loose], { ...from("https://a.example"), method: "OPTIONS" }).answer?.status).toBe(204);
  expect(passage([{ ...loose, origins: ["*"] }]).answerHeaders["access-control-allow-origin"]).toBe("*");
});

test("a redirect on a condition comes before the action, and what needs others is left undecided", () => {
  const to = { status: 308, location: "https://$host$request_uri", cause: cause("ssl-redirect") };
  const rate: Filter = { kind: "rate", requests: 1, seconds: 1, burst: 0, status: 503, ...BY };
  const filters: Filter[] = [rate, { kind: "redirect-if", plain: true, to, ...BY }];
  expect(passage(filters).answer).toEqual({
    status: 308,
    headers: { location: "https://shop.example/a" },
    why: "ssl-redirect",
  });
  const secure = passage(filters, request("/a", { headers: { "x-forwarded-proto": "https" } }), {
    trustedProxies: ["10.0.0.9"],
  });
  expect(secure.answer).toBeUndefined();
  expect(secure.undecided).toEqual([rate]);
});
