import { expect, test } from "vitest";
import type { Connection } from "../../../src/oracle/policy/policy-connections.ts";
import { makePaint } from "../../../src/report/color.ts";
import { formatPolicyMatrix } from "../../../src/report/policy-matrix.ts";

function connection(from: string, to: string, allowed = true): Connection {
  const end = (name: string): object => ({ name, group: name });
  return { from: end(from), to: end(to), protocol: "TCP", port: 80, judgement: { allowed } } as unknown as Connection;
}

test("columns are in the order of the rows; what has no row comes last", () => {
  const all = [
    connection("a", "svc/x"),
    connection("a", "b", false),
    connection("a", "node1"),
    connection("b", "svc/x"),
    connection("b", "a"),
    connection("node1", "a"),
  ];
  expect(formatPolicyMatrix(all, makePaint(false))).toBe(`       1  2  3  4
a      -  X  .  .
b      .  -  -  .
node1  .  -  -  -
  1 a 80/tcp
  2 b 80/tcp
  3 node1 80/tcp
  4 svc/x 80/tcp
  . allowed  X denied  - not tested
`);
});
