/** 20,000 random requests and 5,000 random answers, see test/kernel/l7-fuzz.ts. The seed is in the test's name. */
import { afterAll, beforeAll, test } from "vitest";
import { fuzzAnswers, fuzzRequests } from "../kernel/l7-fuzz.ts";
import { L7Net } from "../kernel/l7-net.ts";

const seed = Number(process.env["K8SNET_SEED"] ?? 7);
let net: L7Net;
beforeAll(async () => {
  net = new L7Net();
  await net.ready();
});
afterAll(() => net.remove());

test(`hostile clients, seed ${seed}`, { timeout: 1_800_000 }, () => fuzzRequests(net, 20_000, seed));

test(`broken backends, seed ${seed}`, { timeout: 1_800_000 }, () => fuzzAnswers(net, 5000, seed));
