/**
 * Applies the steps of an nftables table: by netlink, as far as their expressions are supported there
 * (kernel/nftables), which avoids that nft(8) reads everything before each change; else by `nft -f`.
 */
import { nftLine } from "../resources/nft/lines.ts";
import type { NetnsHandle } from "../kernel/netns.ts";
import { sendTransactions } from "../kernel/nftables/send.ts";
import { compileTransactions, type Written } from "../kernel/nftables/transaction.ts";
import type { NftStep } from "../resources/nft-step.ts";
import type { NftFamily } from "../resources/nft/definition.ts";
import { transactionsOfNew } from "./nft-transactions.ts";
import { runTool } from "./run-tool.ts";

interface Table {
  readonly family: NftFamily;
  readonly table: string;
}

const CLEAR: readonly NftStep[] = [{ do: "add table" }, { do: "delete table" }];

/** Throws what nft says. */
async function runNft(netns: NetnsHandle, lines: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runTool(netns, ["nft", "-f", "-"], `${lines.join("\n")}\n`);
  if (exitCode !== 0) throw new Error(stderr.trim() === "" ? "nft -f failed" : stderr.trim());
}

/**
 * `fresh`: nothing of the table is in force, so that it may be loaded piece by piece. Throws errors in the form of nft(8); then the
 * table is as before, or does not exist.
 */
export async function loadNftSteps(
  netns: NetnsHandle,
  table: Table,
  steps: readonly NftStep[],
  fresh: boolean,
  written: Written,
): Promise<void> {
  if (await loadByNetlink(netns, table, steps, fresh, written)) return;
  await runNft(
    netns,
    steps.map((step) => nftLine(step, table)),
  );
}

/** False: nothing has been done, nft(8) has to be used. */
async function loadByNetlink(
  netns: NetnsHandle,
  { family, table }: Table,
  steps: readonly NftStep[],
  fresh: boolean,
  written: Written,
): Promise<boolean> {
  if (family === "inet" || family === "netdev") return false;
  const home = { family, table };
  const transactions = fresh ? transactionsOfNew(steps) : [steps];
  const compiled = compileTransactions(transactions, home, steps[0]?.do === "add table", written);
  if (compiled === undefined) return false;
  const refused = await sendTransactions(netns, compiled);
  if (refused === undefined) return true;
  if (fresh)
    await runNft(
      netns,
      CLEAR.map((step) => nftLine(step, home)),
    );
  const step = transactions.flat()[refused.step];
  throw new Error(
    `Error: Could not process rule: ${refused.error.reason}\n${step === undefined ? "" : nftLine(step, home)}`,
  );
}
