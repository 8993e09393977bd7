import { expect, test } from "vitest";
import { layoutMarkdown, markdownText } from "../../../src/report/markdown.ts";

const text = (markdown: string, width: number): readonly string[] => layoutMarkdown(markdown, width).map(markdownText);

test("paragraphs and list items are filled, whatever their line breaks; continuation lines hang", () => {
  expect(text("one two\nthree four five\n\n1. first item that is long\n2. second\n\n- a\n- b", 16)).toEqual([
    "one two three",
    "four five",
    "",
    "1. first item",
    "   that is long",
    "2. second",
    "",
    "• a",
    "• b",
  ]);
});

test("code keeps its lines and its width, and has no gap below its heading", () => {
  const lines = layoutMarkdown("## Try it\n    ip -n a addr show dev eth0 | grep x\n\n    second\n", 10);
  expect(lines.map(({ kind }) => kind)).toEqual(["heading", "code", "code", "code"]);
  expect(lines.map(markdownText)).toEqual(["Try it", "  ip -n a addr show dev eth0 | grep x", "", "  second"]);
});

test("styles of words; marks around them are gone, < > & are themselves", () => {
  const [line] = layoutMarkdown("a **b c** `d & e` *f* <pod> x > y & z", 80);
  expect(line?.spans).toEqual([
    { text: "a ", style: undefined },
    { text: "b c ", style: "strong" },
    { text: "d & e ", style: "code" },
    { text: "f ", style: "emphasis" },
    { text: "<pod> x > y & z", style: undefined },
  ]);
});

test("a word that is wider than the line has a line of its own", () => {
  expect(text(`see ${"x".repeat(20)} there`, 10)).toEqual(["see", "x".repeat(20), "there"]);
});

test("columns of a table are as wide as their cells, and wrap where the line is shorter", () => {
  const table = "| name | answer |\n| --- | --- |\n| `web.default` | the cluster IP |\n| x | port |\n";
  expect(text(table, 80)).toEqual(["name         answer", "web.default  the cluster IP", "x            port"]);
  expect(text(table, 22)).toEqual([
    "name         answer",
    "web.default  the",
    "             cluster",
    "             IP",
    "x            port",
  ]);
});
