import { describe, expect, it } from "vitest";
import { encodeIptablesRestore } from "../../../../src/resources/iptables/restore-input.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import type { IptablesResource } from "../../../../src/resources/iptables/definition.ts";
import { labFixture } from "../../cluster/cluster-fixture.ts";
import { rawTopology } from "../../fabric/raw-fixture.ts";

const cause = { object: "test", reason: "for the test" };

describe("encodeIptablesRestore", () => {
  const nat = planResources(labFixture("lab", undefined, rawTopology())).find(
    (it): it is IptablesResource => it.kind === "iptables" && it.table === "nat",
  );
  if (nat === undefined) throw new Error("the fixture has a nat table");
  const masquerade = `POSTROUTING -s 10.1.0.0/24 ! -o br0 -m comment --comment "it's \\"quoted\\" $(id) \\\\" -j MASQUERADE`;

  it("declares own chains first, then appends", () => {
    expect(encodeIptablesRestore([{ action: "create", resource: nat }])).toBe(
      `*nat\n:MINE - [0:0]\n-A MINE -p tcp --dport 80 -j DNAT --to-destination 10.1.0.2:80\n-A PREROUTING -d 10.0.0.1 -j MINE\n-A ${masquerade}\nCOMMIT\n`,
    );
  });

  it("deletes jumps before the chains that they lead to", () => {
    expect(encodeIptablesRestore([{ action: "delete", resource: nat }])).toBe(
      `*nat\n-D PREROUTING -d 10.0.0.1 -j MINE\n-D ${masquerade}\n-F MINE\n-X MINE\nCOMMIT\n`,
    );
  });

  it("takes a chain away that is no longer wanted, after nothing refers to it any more", () => {
    const after = { ...nat, chains: nat.chains.filter(({ name }) => name === "POSTROUTING") };
    expect(encodeIptablesRestore([{ action: "update", resource: after, before: nat }])).toBe(
      `*nat\n:MINE - [0:0]\n-D PREROUTING -d 10.0.0.1 -j MINE\n-X MINE\nCOMMIT\n`,
    );
  });

  it("writes only the chains that differ, and those that were changed by hand", () => {
    const before = nat;
    const edited = nat.chains.map((chain) =>
      chain.name === "MINE" ? { ...chain, rules: [{ args: ["-j", "ACCEPT"], cause: nat.cause }] } : chain,
    );
    expect(encodeIptablesRestore([{ action: "update", resource: { ...nat, chains: edited }, before }])).toBe(
      "*nat\n:MINE - [0:0]\n-A MINE -j ACCEPT\nCOMMIT\n",
    );
    expect(encodeIptablesRestore([{ action: "update", resource: nat, before }])).toBe("");
    const touched = nat.chains.map((chain) => (chain.name === "POSTROUTING" ? { ...chain, touched: true } : chain));
    expect(encodeIptablesRestore([{ action: "update", resource: nat, before: { ...nat, chains: touched } }])).toBe(
      `*nat\n-D ${masquerade}\n-A ${masquerade}\nCOMMIT\n`,
    );
  });

  it("gives a policy back", () => {
    const filter = {
      ...nat,
      table: "filter" as const,
      chains: [{ name: "FORWARD", builtin: true, policy: "DROP" as const, rules: [] }],
    };
    expect(encodeIptablesRestore([{ action: "delete", resource: filter }])).toBe(
      "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n",
    );
    expect(encodeIptablesRestore([{ action: "update", resource: { ...filter, chains: [] }, before: filter }])).toBe(
      "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n",
    );
  });

  it("refuses what would start a new line", () => {
    const evil = {
      ...nat,
      chains: [
        { name: "INPUT", builtin: true, rules: [{ args: ["-m", "comment", "--comment", "x\n-F"], cause: nat.cause }] },
      ],
    };
    expect(() => encodeIptablesRestore([{ action: "create", resource: evil }])).toThrow(/line break/);
  });
});

const table = (...chains: [name: string, ...rules: string[]][]): IptablesResource => ({
  kind: "iptables",
  id: "x",
  ns: "node1",
  node: "node1",
  cause,
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
