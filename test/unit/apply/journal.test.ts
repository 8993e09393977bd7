import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../../src/apply/journal.ts";
import type { IptablesResource } from "../../../src/resources/iptables/definition.ts";
import type { NetnsResource } from "../../../src/resources/netns/definition.ts";
import type { Resource } from "../../../src/resources/resource.ts";
import { ruleSetEdits } from "../../../src/resources/iptables/rule-set.ts";

const cause = { object: "test", reason: "test" };
const red: NetnsResource = { kind: "netns", id: "netns:red", ns: "red", node: "red", role: "host", cause };
const rules: IptablesResource = {
  kind: "iptables",
  id: "iptables:red:ipv4:nat",
  ns: "red",
  node: "red",
  family: "ipv4",
  table: "nat",
  chains: [],
  cause,
};
const agent = { t: "agent", lab: "x", id: "00ff", file: "x.yaml", pid: 1, version: "0", at: "" } as const;

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-journal-"));
  path = join(folder, "journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

function create(resource: Resource): { t: "do"; action: "create"; resource: Resource } {
  return { t: "do", action: "create", resource };
}

test("what is announced counts as ours, and is read again as it was written", () => {
  const journal = new Journal(path);
  journal.write(agent, create(red));
  journal.write({ t: "commit" });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { record } = new Journal(path);
  expect([...record.applied]).toEqual([["netns:red", red]]);
  expect([...record.netns]).toEqual([["netns:red", "x.red"]]);
  expect(record).toMatchObject({ lab: "x", file: "x.yaml", committed: true, ids: ["00ff"] });
});

test("a delete counts only when it is done", () => {
  const journal = new Journal(path);
  journal.write(agent, create(red), { t: "do", action: "delete", resource: red });
  expect(journal.record.netns.get("netns:red")).toBe("x.red");
  journal.write({ t: "gone", id: "netns:red" });
  expect(journal.record.netns.size).toBe(0);
  expect(journal.record.applied.size).toBe(0);
});

test("rules about to be changed have no fingerprint: what the kernel holds is unknown", () => {
  const journal = new Journal(path);
  journal.write(agent, create(rules), { t: "iptables", id: rules.id, chains: { A: ["-j ACCEPT"] } });
  expect(journal.record.fingerprint(rules.id)).toEqual({ A: ["-j ACCEPT"] });
  journal.write({ t: "do", action: "update", resource: rules });
  expect(journal.record.fingerprint(rules.id)).toBeUndefined();
});

test("a line cut short by a kill is left out, and what is written after it is read", () => {
  new Journal(path).write(agent, create(red));
  appendFileSync(path, '{"t":"do","action":"create","resource":{"kind":"netns","id":"netns:bl');
  const journal = new Journal(path);
  journal.write({ t: "commit" });
  // The agent, the cause, the namespace, the commit, and the end of the last line.
  expect(readFileSync(path, "utf8").split("\n")).toHaveLength(5);
  const { record } = new Journal(path);
  expect([...record.applied.keys()]).toEqual(["netns:red"]);
  expect(record.committed).toBe(true);
});

test("an edit and what it made of the fingerprint are written down without the rest, and read again as a whole", () => {
  const why = { object: "Service default/web", reason: "its cluster IP" };
  const chain = (name: string, word: string) => ({ name, builtin: false, rules: [{ args: [word], cause: why }] });
  const before = { ...rules, chains: [chain("A", "a"), chain("B", "b"), chain("C", "c")] };
  const after = { ...rules, chains: [before.chains[0], chain("B", "new")].filter((one) => one !== undefined) };
  const journal = new Journal(path);
  journal.write(agent, create(before));
  journal.write(journal.record.fingerprintEntry(rules.id, { A: ["a"], B: ["b"], C: ["c"] }));
  const size = statSync(path).size;
  journal.write({ t: "do", action: "update", resource: after, edit: ruleSetEdits.edit(before, after) });
  journal.write(journal.record.fingerprintEntry(rules.id, { A: ["a"], B: ["new"] }));
  const text = readFileSync(path, "utf8");
  expect(text.slice(size)).not.toContain('"A"');
  expect(text.split("its cluster IP")).toHaveLength(2);
  for (const { record } of [journal, new Journal(path)]) {
    expect(record.applied.get(rules.id)).toEqual(after);
    expect(record.fingerprint(rules.id)).toEqual({ A: ["a"], B: ["new"] });
  }
});

test("the numbers of devices are read again, and forgotten with what is recreated or gone", () => {
  const veth = { ...red, kind: "veth", id: "veth:red:eth0", ns: "red", name: "eth0", peer: { ns: "gw", name: "red0" } };
  const pair = veth as unknown as Resource;
  const journal = new Journal(path);
  journal.write(agent, create(red), create(pair), { t: "devices", ns: "gw", links: { red0: 7, other: 8 } });
  for (const { record } of [journal, new Journal(path)]) expect(record.devices.get("gw", "red0")).toBe(7);
  journal.write(create(pair));
  for (const { record } of [journal, new Journal(path)]) {
    expect(record.devices.get("gw", "red0")).toBeUndefined();
    expect(record.devices.get("gw", "other")).toBe(8);
  }
});

test("what tools show of several nodes is written once, and read again for each", () => {
  const shown = { A: ["-s 10.0.0.1/32 -j ACCEPT"], B: ["-j RETURN"] };
  const other = { ...rules, id: "iptables:blue:ipv4:nat", ns: "blue" };
  const own = { ...shown, B: ["-j DROP"] };
  const journal = new Journal(path);
  journal.write(agent, create(rules), create(other));
  journal.write(journal.record.fingerprintEntry(rules.id, shown), journal.record.fingerprintEntry(other.id, own));
  expect(readFileSync(path, "utf8").split("10.0.0.1/32")).toHaveLength(2);
  for (const { record } of [journal, new Journal(path)]) {
    expect([...record.withFingerprint]).toEqual([rules.id, other.id]);
    expect(record.fingerprint(rules.id)).toEqual(shown);
    expect(record.fingerprint(other.id)).toEqual(own);
  }
});

test("a record of 0.1.0, with the lines of each rule set in place, is read", () => {
  new Journal(path).write(agent, create(rules));
  appendFileSync(path, `${JSON.stringify({ t: "iptables", id: rules.id, chains: { A: ["-j ACCEPT"] } })}\n`);
  expect(new Journal(path).record.fingerprint(rules.id)).toEqual({ A: ["-j ACCEPT"] });
});
