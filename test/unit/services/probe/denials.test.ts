import { expect, test, vi } from "vitest";
import { forgetFlow, takeDenied, watchFlow } from "../../../../src/services/probe/denials.ts";

const TO = "6 10.244.2.2 8080";
const denied = (port: number): void =>
  takeDenied([{ from: `6 192.168.48.11 ${port}`, to: TO, words: "ingress default/api" }]);

test("a node that masquerades chooses another source port: the denial is that of the only flow it can be", () => {
  const joined = vi.fn();
  const flow = watchFlow({ from: "6 192.168.48.11 40000", to: TO }, joined);
  denied(51_234);
  expect(joined.mock.calls).toEqual([["ingress default/api"]]);
  forgetFlow(flow);
});

test("where two flows could be meant, neither is notified; by its own port each is", () => {
  const [one, two] = [vi.fn(), vi.fn()];
  const flows = [
    watchFlow({ from: "6 192.168.48.11 40001", to: TO }, one),
    watchFlow({ from: "6 192.168.48.11 40002", to: TO }, two),
  ];
  denied(51_235);
  expect([one, two].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  denied(40_002);
  expect([one, two].map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
  for (const flow of flows) forgetFlow(flow);
});

test("a flow that was denied is not in the way of the next one on the same path; one that just ended is", () => {
  const path = { from: (port: number) => `6 192.168.48.12 ${port}`, to: "6 10.244.2.3 8080" };
  const deny = (port: number): void => takeDenied([{ from: path.from(port), to: path.to, words: "ingress default/b" }]);
  const [first, second, third] = [vi.fn(), vi.fn(), vi.fn()];
  const one = watchFlow({ from: path.from(41_001), to: path.to }, first);
  deny(52_001);
  forgetFlow(one);
  const two = watchFlow({ from: path.from(41_002), to: path.to }, second);
  deny(52_002);
  expect([first, second].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  forgetFlow(two);
  // What is logged of a flow that ended without an answer may be late.
  forgetFlow(watchFlow({ from: path.from(41_003), to: path.to }, vi.fn()));
  const three = watchFlow({ from: path.from(41_004), to: path.to }, third);
  deny(52_003);
  expect(third).not.toHaveBeenCalled();
  forgetFlow(three);
});
