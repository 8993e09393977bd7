import fc from "fast-check";
import { expect, test } from "vitest";
import { packedPortions, packOperations, Unpacker } from "../../../../src/agent/packed-operations.ts";
import { nftLines } from "../../../../src/resources/nft/lines.ts";
import type { NftObject } from "../../../../src/resources/nft-table.ts";
import type { Operation } from "../../../../src/resources/operation.ts";
import type { IptablesResource } from "../../../../src/resources/iptables/definition.ts";
import type { NftResource } from "../../../../src/resources/nft/definition.ts";
import type { Resource } from "../../../../src/resources/resource.ts";
import { ruleSetEdits } from "../../../../src/resources/iptables/rule-set.ts";

const cause = { object: "test", reason: "test" };
const base = { id: "nft:a:ipv4:t", ns: "a", node: "a", family: "ipv4", table: "t", cause } as const;

const why = fc.integer({ min: 1, max: 3 }).map((line) => ({
  object: "Service default/web",
  reason: "its cluster IP",
  source: { file: "lab.yaml", line, column: 1 },
}));
const rules = fc.array(fc.record({ text: fc.constantFrom("accept", "drop", "goto b"), cause: why }), { maxLength: 3 });
const object: fc.Arbitrary<NftObject> = fc.oneof(
  fc.record({ kind: fc.constant("chain" as const), name: fc.constantFrom("a", "b", "c", "d"), rules }),
  fc.record({
    kind: fc.constant("map" as const),
    name: fc.constantFrom("a", "m"),
    type: fc.constantFrom("ipv4_addr : verdict", "mark : verdict"),
    elements: rules,
  }),
);
const table: fc.Arbitrary<NftResource> = fc
  .uniqueArray(object, { selector: ({ kind, name }) => `${kind} ${name}`, maxLength: 6 })
  .map((objects) => ({ kind: "nft", ...base, objects }));

function travel<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function update(before: Resource, resource: Resource): Operation {
  return { id: `update ${resource.id}`, action: "update", resource, before, node: "a", cause, dependsOn: [] };
}

test("an edit makes of what was there what shall be, in its order, and keeps the objects that stay", () => {
  fc.assert(
    fc.property(table, table, (before, after) => {
      const edited = ruleSetEdits.apply(before, travel(ruleSetEdits.edit(before, after)));
      expect(edited).toEqual(after);
      expect(nftLines("update", edited as NftResource, before)).toEqual(nftLines("update", after, before));
    }),
  );
  const chain: NftObject = { kind: "chain", name: "a", rules: [{ text: "accept", cause }] };
  const before: NftResource = { kind: "nft", ...base, objects: [chain] };
  const after = { ...before, objects: [{ ...chain, name: "new" }, { ...chain }] };
  expect((ruleSetEdits.apply(before, ruleSetEdits.edit(before, after)) as NftResource).objects[1]).toBe(chain);
});

test("operations arrive as they were sent, as edits and as a whole", () => {
  fc.assert(
    fc.property(table, table, fc.boolean(), (before, after, edits) => {
      const sent = travel(packOperations([update(before, after)], edits));
      expect("edit" in (sent.packed[0] ?? {})).toBe(edits);
      const [operation] = new Unpacker(new Map([[before.id, before]])).take(sent);
      expect(operation).toMatchObject({ ...update(before, after) });
    }),
  );
});

test("iptables chains are edited likewise", () => {
  const chain = (name: string, ...args: string[]) => ({ name, builtin: false, rules: [{ args, cause }] });
  const { id, ns, node, family } = base;
  const before: IptablesResource = {
    kind: "iptables",
    id,
    ns,
    node,
    family,
    cause,
    table: "nat",
    chains: [chain("A", "-j", "B"), chain("B", "-j", "ACCEPT"), chain("C")],
  };
  const after: IptablesResource = { ...before, chains: [chain("B", "-j", "ACCEPT"), chain("A", "-j", "DROP")] };
  const [sent] = packOperations([update(before, after)]).packed;
  expect(sent).toMatchObject({ edit: { parts: [[1, 1], { name: "A" }] } });
  const [operation] = new Unpacker(new Map([[id, before]])).take(travel(packOperations([update(before, after)])));
  expect(operation?.resource).toEqual(after);
});

test("an edit of another state is refused, and what was changed by hand is sent as a whole", () => {
  const chain: NftObject = { kind: "chain", name: "a", rules: [{ text: "accept", cause }] };
  const before: NftResource = { kind: "nft", ...base, objects: [chain] };
  const after: NftResource = { ...before, objects: [] };
  const other: NftResource = { ...before, objects: [{ ...chain, rules: [{ text: "drop", cause }] }] };
  const sent = packOperations([update(before, after)]);
  for (const applied of [new Map(), new Map([[before.id, other]])])
    expect(() => new Unpacker(applied).take(travel(sent))).toThrow(expect.objectContaining({ code: "EBASE" }));
  expect(packOperations([update({ ...before, touched: true }, after)]).packed[0]).toHaveProperty("head");
});

test("tables of several nodes are sent and had once, as far as they are the same", () => {
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 4 }), (tables) => {
      const creations = tables.map((one, index): Operation => {
        const resource = { ...one, id: `nft:${index}`, ns: `n${index}` };
        const dependsOn = index === 0 ? [] : [`create nft:${index - 1}`];
        return { id: `create ${resource.id}`, action: "create", resource, node: "a", cause, dependsOn };
      });
      for (const size of [1, 3]) {
        const unpacker = new Unpacker(new Map());
        for (const portion of packedPortions(creations, true, size)) unpacker.take(travel(portion));
        expect(unpacker.operations).toEqual(creations);
      }
    }),
  );
  const chain = (name: string, text: string): NftObject => ({ kind: "chain", name, rules: [{ text, cause }] });
  const node = (ns: string, ...objects: NftObject[]): Operation => {
    const resource: NftResource = { kind: "nft", ...base, id: `nft:${ns}`, ns, objects };
    return { id: `create ${resource.id}`, action: "create", resource, node: ns, cause, dependsOn: [] };
  };
  const sent = packOperations([
    node("a", chain("x", "drop"), chain("y", "drop"), chain("z", "drop")),
    node("b", chain("x", "drop"), chain("y", "accept"), chain("z", "drop")),
    node("c", chain("x", "drop"), chain("y", "drop"), chain("y2", "drop"), chain("z", "drop")),
  ]);
  expect(sent.packed).toMatchObject([
    { parts: [{ name: "x" }, { name: "y" }, { name: "z" }] },
    { parts: [[0, 0, 1], { name: "y" }, [0, 2, 1]] },
    { parts: [[0, 0, 2], { name: "y2" }, [0, 2, 1]] },
  ]);
  const [a, , c] = new Unpacker(new Map()).take(travel(sent)).map(({ resource }) => resource as NftResource);
  expect(c?.objects[1]).toBe(a?.objects[1]);
});
