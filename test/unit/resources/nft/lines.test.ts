import { describe, expect, it } from "vitest";
import { nftLines } from "../../../../src/resources/nft/lines.ts";
import type { NftObject, NftSet } from "../../../../src/resources/nft-table.ts";
import type { NftResource } from "../../../../src/resources/nft/definition.ts";

const cause = { object: "test", reason: "test" };
const rules = (...texts: string[]): { text: string; cause: typeof cause }[] => texts.map((text) => ({ text, cause }));

function table(...objects: NftObject[]): NftResource {
  return { kind: "nft", id: "nft:n", ns: "n", node: "n", cause, family: "ipv4", table: "t", comment: "ours", objects };
}

const map: NftObject = {
  kind: "map",
  name: "ways",
  type: "inet_proto . inet_service : verdict",
  elements: rules("tcp . 80 : goto a", 'tcp . 81 comment "x" : goto b'),
};
const sticky: NftSet = {
  kind: "set",
  name: "sticky",
  type: "ipv4_addr",
  flags: ["dynamic", "timeout"],
  timeout: 60,
  elements: [],
};
const a: NftObject = { kind: "chain", name: "a", rules: rules("update @sticky { ip saddr }", "accept") };
const b: NftObject = { kind: "chain", name: "b", comment: 'not "quoted"', rules: rules("drop") };
const hook: NftObject = {
  kind: "chain",
  name: "in",
  hook: "type filter hook input priority 0",
  rules: rules("meta l4proto . th dport vmap @ways"),
};

describe("nftLines", () => {
  it("declares all before rules and elements refer to it, in a table that is empty whatever was there", () => {
    expect(nftLines("create", table(map, sticky, a, b, hook))).toEqual([
      "add table ip t",
      "delete table ip t",
      'add table ip t { comment "ours" ; }',
      "add map ip t ways { type inet_proto . inet_service : verdict ; }",
      "add set ip t sticky { type ipv4_addr ; flags dynamic,timeout ; timeout 60s ; }",
      "add chain ip t a",
      `add chain ip t b { comment "not 'quoted'" ; }`,
      "add chain ip t in { type filter hook input priority 0 ; }",
      "add element ip t ways { tcp . 80 : goto a }",
      'add element ip t ways { tcp . 81 comment "x" : goto b }',
      "add rule ip t a update @sticky { ip saddr }",
      "add rule ip t a accept",
      "add rule ip t b drop",
      "add rule ip t in meta l4proto . th dport vmap @ways",
    ]);
  });

  it("touches only what differs: sets that rules fill keep their content", () => {
    const before = table(map, sticky, a, b, hook);
    const after = table({ ...map, elements: map.elements.slice(0, 1) }, sticky, { ...a, rules: rules("accept") }, hook);
    expect(nftLines("update", after, before)).toEqual([
      "delete element ip t ways { tcp . 81 }",
      "flush chain ip t a",
      "flush chain ip t b",
      "add rule ip t a accept",
      "delete chain ip t b",
    ]);
    expect(nftLines("update", before, before)).toEqual([]);
  });

  it("replaces the verdict of an element by its key", () => {
    const other = { ...map, elements: rules("tcp . 80 : goto b", 'tcp . 81 comment "x" : goto b') };
    expect(nftLines("update", table(other, a, b), table(map, a, b))).toEqual([
      "delete element ip t ways { tcp . 80 }",
      "add element ip t ways { tcp . 80 : goto b }",
    ]);
  });

  it("recreates the table when a set is declared otherwise, for nft cannot change that", () => {
    const lines = nftLines("update", table({ ...sticky, timeout: 61 }, a), table(sticky, a));
    expect(lines.slice(0, 2)).toEqual(["add table ip t", "delete table ip t"]);
    expect(lines).toContain("add set ip t sticky { type ipv4_addr ; flags dynamic,timeout ; timeout 61s ; }");
  });

  it("recreates the table when it was changed by hand", () => {
    const before = { ...table(a), touched: true };
    expect(nftLines("update", table(a), before)).toEqual(nftLines("create", table(a)));
  });

  it("deletes what may be gone already", () => {
    expect(nftLines("delete", table(a))).toEqual(["add table ip t", "delete table ip t"]);
  });
});

describe("nft -f of a change", () => {
  const nft = (...objects: NftObject[]): NftResource => ({ ...table(...objects), family: "inet", comment: undefined });
  const s = (...items: string[]): NftObject => ({
    kind: "set",
    name: "s",
    type: "ipv4_addr",
    elements: rules(...items),
  });
  const c = (name: string, ...items: string[]): NftObject => ({ kind: "chain", name, rules: rules(...items) });
  const m = (...items: string[]): NftObject => ({
    kind: "map",
    name: "m",
    type: "ipv4_addr : verdict",
    elements: rules(...items),
  });

  it("adds and deletes elements, refills chains that differ, removes what is gone last", () => {
    const before = nft(s("10.0.0.1", "10.0.0.2"), m("10.0.0.9 : jump old"), c("old", "drop"), c("same", "drop"));
    const after = nft(s("10.0.0.2", "10.0.0.3"), m("10.0.0.9 : jump new"), c("new", "drop"), c("same", "drop"));
    expect(nftLines("update", after, before)).toEqual([
      "add chain inet t new",
      "delete element inet t s { 10.0.0.1 }",
      "delete element inet t m { 10.0.0.9 }",
      "flush chain inet t old",
      "add element inet t s { 10.0.0.3 }",
      "add element inet t m { 10.0.0.9 : jump new }",
      "add rule inet t new drop",
      "delete chain inet t old",
    ]);
  });

  it("recreates a table that is not as it was left", () => {
    const lines = nftLines("update", nft(c("a", "drop")), { ...nft(c("a", "drop")), touched: true });
    expect(lines).toEqual([
      "add table inet t",
      "delete table inet t",
      "add table inet t",
      "add chain inet t a",
      "add rule inet t a drop",
    ]);
  });
});
