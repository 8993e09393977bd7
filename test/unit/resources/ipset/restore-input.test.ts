import { describe, expect, it } from "vitest";
import { encodeIpsetRestore } from "../../../../src/resources/ipset/restore-input.ts";
import type { IpsetResource } from "../../../../src/resources/ipset/definition.ts";

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

  it("empties a set that already exists when it is made", () => {
    expect(encodeIpsetRestore([{ action: "create", resource: set("10.0.0.0/8") }])).toBe(
      "create s hash:net family inet hashsize 64\nflush s\nadd s 10.0.0.0/8\n",
    );
  });
});
