/** A bounded part of what the conformance project tries (l7-fuzz.test.ts). */
import { afterAll, beforeAll, test } from "vitest";
import { fuzzAnswers, fuzzRequests } from "./l7-fuzz.ts";
import { L7Net } from "./l7-net.ts";

let net: L7Net;
beforeAll(async () => {
  net = new L7Net();
  await net.ready();
});
afterAll(() => net.remove());

test("hostile clients", () => fuzzRequests(net, 500, 1));

test("broken backends", () => fuzzAnswers(net, 300, 2));
