import { describe, expect, it } from "vitest";
import { transactionsOfNew } from "../../../src/apply/nft-transactions.ts";
import type { NftStep } from "../../../src/plan/nft-step.ts";
import type { NftChain } from "../../../src/plan/nft-table.ts";

const chain = (name: string, hook?: string): NftChain => ({ kind: "chain", name, hook, rules: [] });

describe("transactionsOfNew", () => {
  it("brings what is in force with the last, when all that it leads to is there", () => {
    const hook = "type filter hook input priority 0";
    const first: readonly NftStep[] = [
      { do: "add table" },
      { do: "add chain", chain: chain("a") },
      { do: "add rule", chain: "a", text: "drop" },
    ];
    const last: readonly NftStep[] = [
      { do: "add chain", chain: chain("in", hook) },
      { do: "add rule", chain: "in", text: "jump a" },
    ];
    const [table, hooked, ...rest] = [first[0], last[0], first[1], last[1], first[2]] as NftStep[];
    expect(transactionsOfNew([table, hooked, ...rest] as NftStep[])).toEqual([first, last]);
  });

  it("takes all steps of a large table once, in their order, in small transactions", () => {
    const steps = Array.from({ length: 1001 }, (_, index): NftStep => ({ do: "add chain", chain: chain(`c${index}`) }));
    const transactions = transactionsOfNew(steps);
    expect(transactions.flat()).toEqual(steps);
    expect(Math.max(...transactions.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });
});
