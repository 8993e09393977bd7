import { expect, test } from "vitest";
import { locationOf, redirectHolds } from "../../../src/routing/location.ts";
import type { PathChange, PathMatch, Redirect } from "../../../src/routing/model.ts";
import { rewrittenTarget } from "../../../src/routing/rewrite.ts";
import { cause, request } from "./tables.ts";

const FACTS = { entry: {} };
const to = (redirect: Partial<Redirect>, asked = request("/a/b?c=d", { port: 8080, host: "shop.example:8080" })) =>
  locationOf({ status: 302, cause: cause("redirect"), ...redirect }, asked, { kind: "prefix", value: "/a" }, FACTS);

test("what a redirect leaves open is the request's, and the listener's port", () => {
  expect(to({})).toBe("http://shop.example:8080/a/b?c=d");
  expect(to({ scheme: "https" })).toBe("https://shop.example/a/b?c=d");
  expect(to({ scheme: "https", port: 8443 })).toBe("https://shop.example:8443/a/b?c=d");
  expect(to({ scheme: "http", port: 80, hostname: "x.example" })).toBe("http://x.example/a/b?c=d");
  expect(to({ port: "none" })).toBe("http://shop.example/a/b?c=d");
  expect(to({ path: { kind: "prefix", value: "/x" } }, request("/a/b"))).toBe("http://shop.example/x/b");
  expect(to({ path: { kind: "full", value: "/x" } }, request("/a", { tls: true, port: 443 }))).toBe(
    "https://shop.example/x",
  );
});

test("a whole Location has variables", () => {
  expect(to({ location: "https://$host$request_uri", cutsSlash: true }, request("/a/"))).toBe("https://shop.example/a");
  expect(to({ location: "$scheme://${host}:$server_port$uri?$args&$unknown" })).toBe(
    "http://shop.example:8080/a/b?c=d&$unknown",
  );
  expect(
    to({ location: "/in?rd=$escaped_request_uri&a=$http_x_a&c=$arg_c" }, request("/?c=1", { headers: { "x-a": "2" } })),
  ).toBe("/in?rd=%2F%3Fc%3D1&a=2&c=1");
});

test("conditions of a redirect", () => {
  expect(redirectHolds({ plain: true }, request("/"), "http")).toBe(true);
  expect(redirectHolds({ plain: true }, request("/"), "https")).toBe(false);
  expect(redirectHolds({ path: "/" }, request("//?a"), "http")).toBe(true);
  expect(redirectHolds({ path: "/" }, request("/a"), "http")).toBe(false);
});

// Gateway API's table for ReplacePrefixMatch (HTTPPathModifier).
test.each([
  ["/foo/bar", "/foo", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo", "/xyz/", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz", "/xyz/bar"],
  ["/foo/bar", "/foo/", "/xyz/", "/xyz/bar"],
  ["/foo", "/foo", "/xyz", "/xyz"],
  ["/foo/", "/foo", "/xyz", "/xyz/"],
  ["/foo/bar", "/foo", "", "/bar"],
  ["/foo/", "/foo", "", "/"],
  ["/foo", "/foo", "", "/"],
  ["/foo/", "/foo", "/", "/"],
  ["/foo", "/foo", "/", "/"],
  ["/foo/bar?q", "/foo", "/", "/bar?q"],
])("%s with prefix %s → %s is %s", (target, value, replacement, changed) => {
  expect(rewrittenTarget({ kind: "prefix", value: replacement }, { kind: "prefix", value }, target)).toBe(changed);
});

test("groups of the path's expression, and queries", () => {
  const match: PathMatch = { kind: "regex", value: "/foo/bar/(.+)", ignoreCase: true };
  const change: PathChange = { kind: "regex", value: "/new/$1" };
  expect(rewrittenTarget(change, match, "/FOO/bar/x/y?z")).toBe("/new/x/y?z");
  expect(rewrittenTarget({ ...change, value: "/new?p=$1" }, match, "/foo/bar/x?z")).toBe("/new?p=x&z");
  expect(rewrittenTarget({ ...change, value: "/new?p=$1?" }, match, "/foo/bar/x?z")).toBe("/new?p=x");
});
