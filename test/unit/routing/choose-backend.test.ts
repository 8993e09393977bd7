import { expect, test } from "vitest";
import { chooseBackend, cookieOf } from "../../../src/routing/choose-backend.ts";
import type { ForwardAction } from "../../../src/routing/model.ts";
import { cause, request } from "./tables.ts";

const weighted = (backend: string | undefined, weight: number) => ({
  backend,
  weight,
  cause: cause("no Service gone"),
});
const forward = (...to: ForwardAction["to"]): ForwardAction => ({ kind: "forward", to });
const chosen = (action: ForwardAction, random: number, headers = {}, held?: string) => {
  const { to, status, why } = chooseBackend(action, request("/", { headers }), random, held);
  return [to?.backend ?? status, why];
};

test("weights are shares, and a broken reference answers its own with 500", () => {
  const three = forward(weighted("a", 3), weighted("b", 0), weighted(undefined, 1));
  expect(chosen(three, 0)).toEqual(["a", "weight 3 of 4"]);
  expect(chosen(three, 0.7499)).toEqual(["a", "weight 3 of 4"]);
  expect(chosen(three, 0.75)).toEqual([500, "no Service gone (weight 1 of 4)"]);
  expect(chosen(forward(), 0)).toEqual([500, "it has no backends"]);
  expect(chosen(forward(weighted("a", 0)), 0)).toEqual([500, "all weights are 0"]);
});

test("canaries go by header, then cookie, then weight", () => {
  const rule = { backend: "canary", cause: cause("canary") };
  const action: ForwardAction = {
    ...forward(weighted("main", 90), weighted("canary", 10)),
    canaries: [
      { ...rule, source: "header", name: "X-Canary", always: "always", never: "never" },
      { ...rule, source: "cookie", name: "canary", always: { regex: "y(es)?" } },
    ],
  };
  expect(chosen(action, 0, { "x-canary": "always" })).toEqual(["canary", "header X-Canary is always"]);
  expect(chosen(action, 0.99, { "x-canary": "never", cookie: "canary=yes" })).toEqual([
    "main",
    "header X-Canary is never",
  ]);
  expect(chosen(action, 0, { "x-canary": "other", cookie: "a=b; canary=yes" })).toEqual([
    "canary",
    "cookie canary is yes",
  ]);
  expect(chosen(action, 0.95, { "x-canary": "other", cookie: "canary=yess" })).toEqual(["canary", "weight 10 of 100"]);
  expect(chosen(action, 0.5)).toEqual(["main", "weight 90 of 100"]);
});

test("a session stays, unless canaries do not regard it", () => {
  const affinity = { cookie: "INGRESSCOOKIE", attributes: [], cause: cause("affinity") };
  const action: ForwardAction = { ...forward(weighted("main", 1), weighted("canary", 0)), affinity };
  expect(chosen(action, 0, {}, "canary")).toEqual(["canary", "cookie INGRESSCOOKIE holds on to it"]);
  expect(chosen({ ...action, affinity: { ...affinity, ignoredByCanaries: true } }, 0, {}, "canary")[0]).toBe("main");
  expect(chosen(action, 0, {}, "gone")[0]).toBe("main");
});

test("cookies are read by their whole name", () => {
  const headers = { cookie: "xa=1; a=2=3 ; b=" };
  expect(["a", "b", "c"].map((name) => cookieOf({ headers }, name))).toEqual(["2=3", "", undefined]);
});
