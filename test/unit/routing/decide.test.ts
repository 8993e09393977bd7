import { expect, test } from "vitest";
import { decide } from "../../../src/routing/decide.ts";
import type { RoutingTable } from "../../../src/routing/model.ts";
import type { RoutedRequest } from "../../../src/routing/request.ts";
import { host, listener, request, route, table } from "./tables.ts";

const prefix = (value: string) => ({ kind: "prefix", value }) as const;

function told(routing: RoutingTable, asked: RoutedRequest): unknown {
  const { failed, route: found, trail } = decide(routing, asked);
  return [failed ?? found?.name, ...trail.map(({ what, name, why }) => `${what} ${name}: ${why}`)];
}

test("the first host and route that fit are taken, and the others say why not", () => {
  const shop = table([
    listener([
      host("www.example", route("www")),
      host("*.shop.example", route("sub")),
      host(
        "shop.example",
        route("exact", { kind: "exact", value: "/api" }),
        route("api", prefix("/api")),
        route("all"),
      ),
    ]),
  ]);
  expect(told(shop, request("/api/v1?x=1"))).toEqual([
    "api",
    "host www.example: host is shop.example, not www.example",
    "host *.shop.example: host is shop.example, not *.shop.example",
    "route exact: path is /api/v1, not /api",
  ]);
  expect(told(shop, request("/api?x=1"))).toContain("exact");
  expect(told(shop, request("/apis"))).toEqual([
    "all",
    expect.any(String),
    expect.any(String),
    "route exact: path is /apis, not /api",
    "route api: path /apis is not below /api",
  ]);
  expect(told(shop, request("/", { host: "a.b.shop.example:80" }))).toEqual([
    "host",
    expect.any(String),
    "host *.shop.example: host is a.b.shop.example, not *.shop.example, whose * stands for one label",
    "host shop.example: host is a.b.shop.example, not shop.example",
  ]);
});

test("a host that fits is not left for a less specific one", () => {
  const two = table([listener([host("shop.example", route("api", prefix("/api"))), host(undefined, route("all"))])]);
  const decision = decide(two, request("/"));
  expect(decision.failed).toBe("route");
  expect(decision.action).toMatchObject({ kind: "answer", answer: { status: 404 } });
});

test("method, headers and parameters are conditions", () => {
  const match = {
    method: "POST",
    headers: [{ name: "x-env", kind: "regex", value: "te.t" }],
    query: [{ name: "page", kind: "exact", value: "2" }],
  } as const;
  const conditional = table([listener([host(undefined, { ...route("one"), match })])]);
  const fitting = { method: "POST", headers: { "x-env": "test" } };
  expect(told(conditional, request("/?page=2", fitting))).toEqual(["one"]);
  expect(told(conditional, request("/?page=2"))).toEqual(["route", "route one: method is GET, not POST"]);
  expect(told(conditional, request("/?page=2", { method: "POST" }))).toEqual([
    "route",
    "route one: header x-env is missing",
  ]);
  expect(told(conditional, request("/?page=2", { method: "POST", headers: { "x-env": "tests" } }))).toEqual([
    "route",
    "route one: header x-env is tests, which does not match te.t",
  ]);
  expect(told(conditional, request("/?page=3", fitting))).toEqual([
    "route",
    "route one: query parameter page is 3, not 2",
  ]);
});

test("a regular expression counts from the beginning of the path", () => {
  const found = table([
    listener([host(undefined, route("id", { kind: "regex", value: "/id/[0-9]+", ignoreCase: true }))]),
  ]);
  expect(told(found, request("/ID/1a"))).toEqual(["id"]);
  expect(told(found, request("/x/id/1"))).toEqual(["route", "route id: path /x/id/1 does not match /id/[0-9]+"]);
});

test("paths are normalized where the listener says it", () => {
  const hosts = [host(undefined, route("admin", prefix("/admin")))];
  expect(told(table([listener(hosts, { normalizesPaths: true })]), request("/x/..//%61dmin/"))).toEqual(["admin"]);
  expect(told(table([listener(hosts)]), request("/x/..//%61dmin/"))).toContain("route");
});

test("with TLS the server name chooses the listener, and a host of another one is misdirected", () => {
  const https = (name: string, hostname?: string) =>
    listener([host(undefined, route(name))], { name, protocol: "https", hostname });
  const many = table([https("shop", "shop.example"), https("wild", "*.example"), listener([host(undefined)])]);
  const asked = (serverName: string | undefined, name: string) => request("/", { tls: true, serverName, host: name });
  expect(told(many, asked("shop.example", "shop.example"))).toEqual(["shop"]);
  expect(told(many, asked("a.b.example", "c.example"))).toContain("wild");
  const misdirected = decide(many, asked("a.example", "shop.example"));
  expect(misdirected).toMatchObject({ failed: "misdirected", action: { answer: { status: 421 } } });
  expect(decide(many, asked("shop.example", "other.test"))).toMatchObject({
    failed: "host",
    action: { answer: { status: 404 } },
  });
  expect(decide(many, asked("other.test", "shop.example"))).toMatchObject({ failed: "listener" });
  expect(decide(many, asked("other.test", "shop.example")).action).toBeUndefined();
  expect(told(many, asked(undefined, "shop.example"))).toEqual([
    "listener",
    "listener shop: the client sends no server name, and it serves shop.example only",
    "listener wild: the client sends no server name, and it serves *.example only",
  ]);
});

test("passthrough is routed by the server name, whatever is inside", () => {
  const passing = listener([host("db.example", route("db"))], { protocol: "passthrough" });
  const asked = request("", { tls: true, serverName: "DB.example", host: "" });
  expect(told(table([passing]), asked)).toEqual(["db"]);
  expect(decide(table([passing]), { ...asked, serverName: "x.example" }).failed).toBe("host");
});

test("a port that is not listened on is refused", () => {
  expect(decide(table([]), request("/", { port: 81 }))).toEqual({ failed: "port", filters: [], trail: [] });
});
