import { specsOf } from "../../../src/fabric/topology.ts";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { InputError } from "../../../src/errors.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { Lab } from "../../../src/lab/lab.ts";

/** Runs of each kind; FUZZ_RUNS raises it, FUZZ_SEED repeats a failure. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 2500);
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_121);

const folder = new URL("../../../labs/", import.meta.url);
const texts = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(new URL(name, folder), "utf8"));

/** Words that have broken other readers. */
const WORDS = [
  "\0",
  "\t",
  "'",
  '"',
  "$(touch /tmp/smuggled)",
  "`id`",
  "; reboot",
  "../../etc/passwd",
  "{",
  "}",
  "[",
  "]",
  ":",
  "- ",
  "&a",
  "*a",
  "<<: *a",
  "!!js/function x",
  "!!binary x",
  "%YAML 1.1\n---\n",
  "\u2028",
  "\ud800",
  "\u0001",
  "999999999999999999999",
  ".inf",
  ".nan",
  "-1",
  "~",
  "yes",
  "0x10",
  "0o17",
  "1e400",
  "__proto__: 1",
  "constructor",
  "toString",
  "? [a]: b",
  "|",
  "> ",
  "---\n",
  "...\n",
  "\r\n",
  "fd00::/0",
  "0.0.0.0/0",
  "10.0.0.1/33",
  "::ffff:1.2.3.4",
  "pod/",
  "deploy/#0",
  "pod/a/b/c/d",
  "http://",
  "http://[",
  "[::1]:80",
  ":80",
  "red:eth0",
  "eth0:",
  "-A FORWARD -j",
  "--modprobe=x",
  "{}",
  "[]",
  "''",
  "kind: Lab",
  "kind: List",
  "a".repeat(300),
  "#",
  "é\u0301",
  "\ufeff",
];
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e30,
  1.5,
  "",
  "a\nb",
  "x\u0000y",
  "../x",
  "$(id)",
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  "10.0.0.1/24",
  "fd00::/64",
  "10.0.0.1",
  "::1",
  "pod/x",
  "red",
  "node1",
  "node1/eth0",
  "all",
  "*",
  "ipv6",
  "both",
  80,
  "80/udp",
  "https://x",
  "http://[",
  "a".repeat(5000),
  { toString: 1 },
  { constructor: {} },
  2 ** 31,
  4_294_967_296,
  "0x1/0x2",
  "default",
  "-A FORWARD -j ACCEPT",
  "-t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination [fd00::1]:80",
  "deploy/web#1",
  "host-gw",
  ["a", "b"],
  "127.0.0.0/8,::/0",
  10_000,
];

/** A small generator with a seed (Numerical Recipes' constants), so that a failure can be repeated. */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length);
  const words = [...text.matchAll(/[A-Za-z0-9_./:-]+/g)];
  const replaceWord = (by: string): string => {
    const word = dice.pick(words);
    return text.slice(0, word.index) + by + text.slice(word.index + word[0].length);
  };
  const lines = text.split("\n");
  const line = dice.below(lines.length);
  switch (dice.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + dice.below(40));
    case 1:
      return text.slice(0, at) + dice.pick(WORDS) + text.slice(at);
    case 2:
      return replaceWord(dice.pick(WORDS));
    case 3:
      return replaceWord(dice.pick(words)[0]);
    case 4:
      return lines.toSpliced(line, 1).join("\n");
    case 5:
      return lines.toSpliced(line, 0, dice.pick(lines)).join("\n");
    default:
      return lines.with(line, " ".repeat(dice.below(8)) + (lines[line] ?? "")).join("\n");
  }
}

type Container = Record<string, unknown>;

function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (typeof node === "object" && node !== null ? (node as Container)[key] : undefined),
    value,
  );
}

function mutateValue(documents: unknown, dice: Dice): void {
  const paths = pathsOf(documents).filter((path) => path.length > 1);
  const path = dice.pick(paths);
  const parent = at(documents, path.slice(0, -1)) as Container;
  const key = path.at(-1) ?? "";
  switch (dice.below(4)) {
    case 0:
      delete parent[key];
      break;
    case 1:
      parent[key] = structuredClone(dice.pick(VALUES));
      break;
    case 2:
      parent[key] = structuredClone(at(documents, dice.pick(paths)));
      break;
    default:
      if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
      else parent[String(dice.pick(WORDS))] = structuredClone(parent[key]);
  }
}

/** Every name of a lab that was accepted is harmless as a file's, a device's or a namespace's name. */
function expectHarmless(lab: Lab): void {
  const namespace = /^(?:[a-z0-9-]+\.)?[A-Za-z0-9_-]+(\/[a-z0-9.-]+)?$/;
  const device = /^[A-Za-z0-9_.@-]{1,15}$/;
  expect(lab.name).toMatch(/^[a-z0-9-]+$/);
  for (const node of lab.topology.nodes) {
    expect(node.name).toMatch(namespace);
    for (const { name } of [...node.settings, ...specsOf(node, "bridge"), ...specsOf(node, "vxlan")])
      expect(name).toMatch(device);
    for (const { key, value } of specsOf(node, "sysctl"))
      expect(`${key}=${value}`).toMatch(/^net[./][\w./@-]+=[\w.,:\t -]+$/);
    // oxlint-disable-next-line no-control-regex
    for (const { args } of node.iptables.user ?? [])
      for (const word of args) expect(word).not.toMatch(/[\u0000-\u001f]|^--modp|^-M/);
  }
  for (const link of lab.topology.links) for (const end of link.endpoints) expect(end.interface).toMatch(device);
  for (const pod of lab.clusters[0]?.pods ?? []) expect(pod.ns).toMatch(namespace);
  for (const capture of lab.captures) expect(capture.name).toMatch(/^[A-Za-z0-9_.-]+$/);
}

function tryLab(text: string): "good" | "bad" {
  try {
    expectHarmless(loadLabText(text, "fuzz.yaml").lab);
    return "good";
  } catch (error) {
    if (!(error instanceof InputError)) throw new Error(`not an InputError for:\n${text}`, { cause: error });
    expect(error.diagnostics.some((d) => d.severity === "error")).toBe(true);
    for (const d of error.diagnostics)
      expect(d.source === undefined || (d.source.line >= 1 && d.source.column >= 1)).toBe(true);
    return "bad";
  }
}

describe("mutated labs are loaded or refused, nothing else", () => {
  const run = (make: (dice: Dice) => string): void => {
    const dice = new Dice(SEED);
    const seen = { good: 0, bad: 0 };
    for (let i = 0; i < RUNS; i++) seen[tryLab(make(dice))]++;
    // A mutator whose labs are all refused at the door, or all pass, tests nothing.
    expect(seen.good).toBeGreaterThan(RUNS / 100);
    expect(seen.bad).toBeGreaterThan(RUNS / 10);
  };

  test("texts", { timeout: 300_000 }, () => {
    run((dice) => {
      let text = dice.pick(texts);
      for (let i = 1 + dice.below(4); i > 0; i--) text = mutateText(text, dice);
      return text;
    });
  });

  test("structures", { timeout: 300_000 }, () => {
    const labs = texts.map((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown));
    run((dice) => {
      const documents = structuredClone(dice.pick(labs));
      for (let i = 1 + dice.below(3); i > 0; i--) mutateValue(documents, dice);
      return documents.map((document) => JSON.stringify(document) ?? "null").join("\n---\n");
    });
  });
});
