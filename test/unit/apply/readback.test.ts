import { expect, test } from "vitest";
import type { JournalEntry } from "../../../src/apply/journal-entry.ts";
import { ReadBacks } from "../../../src/apply/readback.ts";

/** A listing that ends when it is told to. */
function listing(): { read: (ids: ReadonlySet<string>) => Promise<JournalEntry[]>; end: () => void; reads: string[] } {
  const reads: string[] = [];
  const ends: (() => void)[] = [];
  return {
    reads,
    end: () => ends.shift()?.(),
    read: (ids) =>
      new Promise((resolve) => {
        reads.push([...ids].join());
        ends.push(() => resolve([...ids].map((id) => ({ t: "iptables", id, chains: {} }))));
      }),
  };
}

function open(): { readBacks: ReadBacks; written: string[] } {
  const written: string[] = [];
  const readBacks = new ReadBacks((entries) => {
    for (const entry of entries) if (entry.t === "iptables") written.push(entry.id);
  });
  return { readBacks, written };
}

test("what has been changed is read once, and what one call shows together", async () => {
  const { readBacks, written } = open();
  const { read, end, reads } = listing();
  readBacks.changed("node1", ["nat"], read);
  readBacks.changed("node1", ["filter"], read);
  const settled = readBacks.settled();
  end();
  await settled;
  expect(reads).toEqual(["nat,filter"]);
  expect(written).toEqual(["nat", "filter"]);
  await readBacks.settled();
  expect(reads).toHaveLength(1);
});

test("what was read while it changed again counts for nothing", async () => {
  const { readBacks, written } = open();
  const { read, end, reads } = listing();
  readBacks.changed("node1", ["nat"], read);
  const settled = readBacks.settled();
  readBacks.changing("node1", ["nat"]);
  readBacks.changed("node1", ["nat"], read);
  end();
  await new Promise(setImmediate);
  expect(written).toEqual([]);
  end();
  await settled;
  expect(reads).toHaveLength(2);
  expect(written).toEqual(["nat"]);
});

test("a change that fails leaves unknown what it was about, and nothing else", async () => {
  const { readBacks, written } = open();
  const { read, end } = listing();
  readBacks.changed("node1", ["nat", "filter"], read);
  readBacks.changing("node1", ["nat"]);
  const settled = readBacks.settled();
  end();
  await settled;
  expect(written).toEqual(["filter"]);
});

test("a listing that fails is not tried for ever", async () => {
  const { readBacks, written } = open();
  readBacks.changed("node1", ["nat"], () => Promise.reject(new Error("no such tool")));
  await readBacks.settled();
  expect(written).toEqual([]);
});
