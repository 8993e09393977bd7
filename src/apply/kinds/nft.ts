/** How nftables tables get into the kernel: one `nft -f` (a transaction), and what it made of it read back. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Action } from "../../plan/operation.ts";
import type { NftResource } from "../../plan/resource.ts";
import type { RuntimeApplier } from "../kinds.ts";
import type { LabRuntime } from "../runtime.ts";
import { runIn } from "../spawn.ts";

const TIMEOUT = 60_000;

async function apply(
  action: Action,
  resource: NftResource,
  before: NftResource | undefined,
  runtime: LabRuntime,
): Promise<void> {
  const handle = runtime.find(resource.ns);
  if (handle === undefined && action === "delete") return; // gone with the namespace
  const { nftScript } = await import("../../encode/nft-script.ts");
  const { family, table } = resource;
  // One process for both; -s leaves out counters, which say nothing about how the table is.
  const script = 'nft -f - && { [ "$1" = delete ] || exec nft -s list table "$2" "$3"; }';
  const argv = ["sh", "-c", script, "sh", action, family, table];
  const { exitCode, stdout, stderr } = await runIn(handle ?? runtime.netns(resource.ns), argv, {
    input: nftScript(action, resource, before),
    timeout: TIMEOUT,
    deathSignal: "none",
  });
  if (exitCode !== 0) throw new Error(stderr.trim() === "" ? "nft failed" : stderr.trim());
  if (action === "delete") return;
  runtime.journal.write({ t: "iptables", id: resource.id, chains: { [`${family} ${table}`]: linesOf(stdout) } });
}

/** Lines of a table's listing; undefined when there is no such table. */
export async function listNftTable(
  handle: NetnsHandle,
  family: string,
  table: string,
): Promise<readonly string[] | undefined> {
  const argv = ["nft", "-s", "list", "table", family, table];
  const { exitCode, stdout } = await runIn(handle, argv, { timeout: TIMEOUT, deathSignal: "none" });
  return exitCode === 0 ? linesOf(stdout) : undefined;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

export const nft: RuntimeApplier<"nft"> = {
  create: (resource, runtime) => apply("create", resource, undefined, runtime),
  update: (resource, before, runtime) => apply("update", resource, before, runtime),
  remove: (resource, runtime) => apply("delete", resource, undefined, runtime),
};
