import { expect, test } from "vitest";
import type { TracedRule } from "../../../src/services/trace/protocol.ts";
import type { ReadChain } from "../../../src/story/chains.ts";
import { evaluations, translationIn } from "../../../src/story/evaluations.ts";

const SYN = "10.244.0.3:40000 > 10.96.0.50:80 TCP SYN";

/** `CHAIN HANDLE VERDICT`; handle 0: the chain's end, or with `policy` the base chain's. */
function traced(lines: readonly string[], table = "nat", packet = SYN): TracedRule[] {
  return lines.map((line, i): TracedRule => {
    const [chain = "", handle, ...verdict] = line.split(" ");
    return {
      ns: "node1",
      time: "0",
      id: 7,
      family: "ip",
      table,
      chain,
      type: verdict[0] === "policy" ? "policy" : "rule",
      handle: handle === "0" ? undefined : Number(handle),
      verdict: verdict.join(" ").replace("policy ", ""),
      packet: i === 0 ? packet : undefined,
    };
  });
}
const chains = (
  table: string,
  rules: Readonly<Record<string, readonly [number, string][]>>,
): ReadonlyMap<string, ReadChain> =>
  new Map(
    Object.entries(rules).map(([chain, list]): [string, ReadChain] => [
      `ip ${table} ${chain}`,
      { rules: list.map(([handle, text], index) => ({ handle, index, text })) },
    ]),
  );

test("the path has the chains in which it was decided, not those that it came back from", () => {
  const [one, ...others] = evaluations(
    traced(["PREROUTING 1 jump IDLE", "IDLE 0 continue", "PREROUTING 2 jump KUBE-SERVICES", "KUBE-SERVICES 3 jump KUBE-SEP", "KUBE-SEP 4 continue", "KUBE-SEP 5 accept"]), // prettier-ignore
    chains("nat", { "KUBE-SEP": [[4, "-j MARK"], [5, "-p tcp -j DNAT --to-destination 10.244.1.3:8080"]] }), // prettier-ignore
  );
  expect(others).toEqual([]);
  expect(one).toMatchObject({
    hook: "prerouting",
    path: ["PREROUTING", "KUBE-SERVICES", "KUBE-SEP"],
    verdict: "accept",
    decided: { chain: "KUBE-SEP", index: 1 },
    passed: [{ chain: "KUBE-SEP", index: 0 }],
  });
  expect(one === undefined ? undefined : translationIn(one)).toBe("10.244.1.3:8080");
});

test("a return goes back one chain, a goto does not come back, and the policy decides what no rule does", () => {
  const found = (lines: readonly string[]): unknown => evaluations(traced(lines, "filter"), new Map())[0];
  expect(found(["FORWARD 1 jump A", "A 2 return", "FORWARD 0 policy drop"])).toMatchObject({ path: ["FORWARD"], verdict: "drop", decided: undefined }); // prettier-ignore
  expect(found(["FORWARD 1 jump A", "A 2 goto B", "B 3 drop"])).toMatchObject({ verdict: "drop" });
});

test("tested are the rules that matched, and those before them in each chain that it was in", () => {
  const [one] = evaluations(
    traced(["FORWARD 2 jump A", "A 6 jump B", "B 0 continue", "A 7 return", "FORWARD 3 accept"], "filter"),
    chains("filter", {
      FORWARD: [[1, "no"], [2, "-j A"], [3, "-j ACCEPT"], [4, "never"]],
      A: [[5, "no"], [6, "-j B"], [7, "-j RETURN"], [8, "never"]],
      B: [[9, "no"]],
    }), // prettier-ignore
  );
  // FORWARD 2, A 2, B 1 to its end, A 1, FORWARD 1.
  expect(one?.tested).toBe(7);
  const [policy] = evaluations(traced(["FORWARD 2 continue", "FORWARD 0 policy accept"], "filter"), chains("filter", { FORWARD: [[1, "no"], [2, "-j MARK"], [3, "no"]] })); // prettier-ignore
  expect(policy?.tested).toBe(3);
});

test("each base chain that shows the packet is an evaluation, and a packet that is sent again is none", () => {
  const first = [...traced(["PREROUTING 1 accept"]), ...traced(["FORWARD 2 accept"], "filter", "10.244.0.3:40000 > 10.244.1.3:8080 TCP SYN")]; // prettier-ignore
  const again = first.map((rule) => ({ ...rule, id: 8 }));
  expect(evaluations([...first, ...again], new Map()).map(({ hook, id }) => [hook, id])).toEqual([
    ["prerouting", 7],
    ["forward", 7],
  ]);
});
