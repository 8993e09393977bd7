import { expect, test, vi } from "vitest";
import { forgetFlow, takeDenied, watchFlow } from "../../../src/services/probe/denials.ts";

const TO = "6 10.244.2.2 8080";
const denied = (port: number): void =>
  takeDenied([{ from: `6 192.168.48.11 ${port}`, to: TO, words: "ingress default/api" }]);

test("a node that masquerades chooses another source port: the denial is that of the only flow it can be", () => {
  const heard = vi.fn();
  const flow = watchFlow({ from: "6 192.168.48.11 40000", to: TO }, heard);
  denied(51_234);
  expect(heard.mock.calls).toEqual([["ingress default/api"]]);
  forgetFlow(flow);
});

test("where two flows could be meant, nobody is told; by its own port each is", () => {
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
