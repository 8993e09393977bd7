import { describe, expect, test } from "vitest";
import { formatMatrix, surprises } from "../../../../src/checks/reach/matrix.ts";
import type { Cell, Matrix } from "../../../../src/checks/reach/matrix.ts";

const ok = (outcome: Cell["expected"]): Cell => ({ expected: outcome, got: outcome });
const none: Cell = { expected: undefined, got: undefined };

describe("up to 20 wide", () => {
  test("names, dots, letters of expected outcomes, surprises with a legend", () => {
    const matrix: Matrix = {
      from: ["pod/a", "pod/bb"],
      to: ["pod/a", "pod/bb"],
      cells: [
        [none, { expected: "open", got: "timeout" }],
        [ok("refused"), ok("open")],
      ],
    };
    expect(formatMatrix(matrix)).toBe(
      [
        "           1  2",
        "1 pod/a    - Xt",
        "2 pod/bb   r  .",
        ". open · r refused · t timeout · - not probed · X not as expected",
      ].join("\n"),
    );
    expect(surprises(matrix)).toEqual(["pod/a → pod/bb: timeout, expected open"]);
  });

  test("columns of their own are listed, and only symbols that occur are explained", () => {
    const matrix: Matrix = { from: ["pod/a"], to: ["node1", "node2"], cells: [[ok("open"), ok("open")]] };
    expect(formatMatrix(matrix)).toBe(["        1  2", "pod/a   .  .", "to: 1 node1, 2 node2", ". open"].join("\n"));
  });
});

test("wider ones: a summary per surprising row and the list of surprises", () => {
  const names = Array.from({ length: 30 }, (_, i) => `pod/p${i}`);
  const cells = names.map((_, i) =>
    names.map((__, j): Cell =>
      i === j ? none : i === 3 && j < 2 ? { expected: "open", got: "unreachable" } : ok("open"),
    ),
  );
  expect(formatMatrix({ from: names, to: names, cells })).toBe(
    [
      "30 × 30: 868 of 870 as expected (868 open, 2 unreachable)",
      "pod/p3: 27 of 29 as expected, 2 unreachable",
      "29 other rows entirely as expected",
      "  X pod/p3 → pod/p0: unreachable, expected open",
      "  X pod/p3 → pod/p1: unreachable, expected open",
    ].join("\n"),
  );
});
