import { describe, expect, it } from "vitest";
import { transactionsOfNew } from "../../../src/apply/nft-transactions.ts";
import type { NftStep } from "../../../src/resources/nft-step.ts";
import type { NftChain } from "../../../src/resources/nft-table.ts";

const chain = (name: string, hook?: string): NftChain => ({ kind: "chain", name, hook, rules: [] });

describe("transactionsOfNew", () => {
  it("makes a small table at once", () => {
    const steps = [{ do: "add table" }, { do: "add chain", chain: chain("a") }] as const satisfies readonly NftStep[];
    expect(transactionsOfNew(steps)).toEqual([steps]);
  });

  it("makes a large one in small transactions, in order, and brings what is in force with the last", () => {
    const hook = "type filter hook input priority 0";
    const inForce: readonly NftStep[] = [
      { do: "add chain", chain: chain("in", hook) },
      { do: "add rule", chain: "in", text: "jump c0" },
    ];
    const others = Array.from({ length: 1001 }, (_, index): NftStep => ({
      do: "add chain",
      chain: chain(`c${index}`),
    }));
    const transactions = transactionsOfNew([...others.slice(0, 3), ...inForce, ...others.slice(3)]);
    expect(transactions.at(-1)).toEqual(inForce);
    expect(transactions.slice(0, -1).flat()).toEqual(others);
    expect(Math.max(...transactions.map(({ length }) => length))).toBeLessThanOrEqual(200);
  });
});
