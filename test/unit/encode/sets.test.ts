import { describe, expect, it } from "vitest";
import { encodeIpsetRestore } from "../../../src/resources/ipset/restore.ts";
import { encodeIptablesRestore } from "../../../src/resources/iptables/restore.ts";
import { nftLines } from "../../../src/resources/nft/lines.ts";
import type { NftRule } from "../../../src/resources/nft-table.ts";
import type { IpsetResource } from "../../../src/resources/ipset/definition.ts";
import type { IptablesResource } from "../../../src/resources/iptables/definition.ts";
import type { NftResource } from "../../../src/resources/nft/definition.ts";

const cause = { object: "test", reason: "for the test" };
const base = { id: "x", ns: "node1", node: "node1", cause };

const set = (...entries: string[]): IpsetResource => ({
  kind: "ipset",
  ...base,
  family: "ipv4",
  name: "s",
  type: "hash:net",
  entries,
});

describe("ipset restore", () => {
  it("changes one entry in place and several by a swap", () => {
    const update = (before: IpsetResource, resource: IpsetResource): string =>
      encodeIpsetRestore([{ action: "update", before, resource }]);
    expect(update(set("10.0.0.1"), set("10.0.0.1", "10.0.0.2"))).toBe("add s 10.0.0.2\n");
    expect(update(set("10.0.0.1", "10.0.0.2"), set("10.0.0.2"))).toBe("del s 10.0.0.1\n");
    expect(update(set("10.0.0.1"), set("10.0.0.2"))).toBe(
      "create s~ hash:net family inet hashsize 64\nadd s~ 10.0.0.2\nswap s~ s\ndestroy s~\n",
    );
    expect(update(set("10.0.0.1"), set("10.0.0.1"))).toBe("");
  });

  it("empties a set that is there already when it is made", () => {
    expect(encodeIpsetRestore([{ action: "create", resource: set("10.0.0.0/8") }])).toBe(
      "create s hash:net family inet hashsize 64\nflush s\nadd s 10.0.0.0/8\n",
    );
  });
});

const table = (...chains: [name: string, ...rules: string[]][]): IptablesResource => ({
  kind: "iptables",
  ...base,
  family: "ipv4",
  table: "filter",
  chains: chains.map(([name, ...rules]) => ({
    name,
    builtin: name === "FORWARD",
    rules: rules.map((rule) => ({ args: rule.split(" "), cause })),
  })),
});

describe("iptables-restore of a change", () => {
  it("touches only the chains that differ", () => {
    const before = table(["A", "-j DROP"], ["B", "-j DROP"], ["FORWARD", "-j A"]);
    const after = table(["A", "-j DROP"], ["B", "-j RETURN"], ["C", "-j DROP"], ["FORWARD", "-j A"]);
    expect(encodeIptablesRestore([{ action: "update", before, resource: after }])).toBe(
      "*filter\n:B - [0:0]\n:C - [0:0]\n-A B -j RETURN\n-A C -j DROP\nCOMMIT\n",
    );
    expect(encodeIptablesRestore([{ action: "update", before, resource: before }])).toBe("");
  });
});

const nft = (...objects: NftResource["objects"]): NftResource => ({
  kind: "nft",
  ...base,
  family: "inet",
  table: "t",
  objects,
});

describe("nft -f of a change", () => {
  type NftObject = NftResource["objects"][number];
  const rules = (items: readonly string[]): readonly NftRule[] => items.map((text) => ({ text, cause }));
  const s = (...items: string[]): NftObject => ({ kind: "set", name: "s", type: "ipv4_addr", elements: rules(items) });
  const c = (name: string, ...items: string[]): NftObject => ({ kind: "chain", name, rules: rules(items) });
  const m = (...items: string[]): NftObject => ({
    kind: "map",
    name: "m",
    type: "ipv4_addr : verdict",
    elements: rules(items),
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

  it("makes a table anew that is not as it was left", () => {
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
