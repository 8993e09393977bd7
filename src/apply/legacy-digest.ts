/** Rules of iptables-legacy, which are not part of the nftables ruleset and have no generation number. */
import { createHash } from "node:crypto";
import { enterNetns, type NetnsHandle } from "../kernel/netns.ts";
import { readIfThere } from "../kernel/read-file.ts";
import { runTool } from "./run-tool.ts";

const FAMILIES = [
  ["iptables", "ip_tables_names"],
  ["ip6tables", "ip6_tables_names"],
] as const;

/** Another text after each change of a rule, a chain or a policy; empty: the namespace has no such tables. */
export async function legacyDigest(netns: NetnsHandle): Promise<string> {
  const digests = await Promise.all(
    FAMILIES.map(async ([program, names]) => {
      if (tablesOf(netns, names) === "") return "";
      const legacy = await runTool(netns, [`${program}-legacy-save`]);
      const { exitCode, stdout } = legacy.exitCode === 127 ? await runTool(netns, [`${program}-save`]) : legacy;
      if (exitCode !== 0) return "";
      // Neither counters nor the time.
      const rules = stdout.replaceAll(/^#.*\n|\[\d+:\d+\]/gm, "");
      return createHash("sha256").update(rules).digest("hex");
    }),
  );
  return digests.join("");
}

/** Does the namespace have tables of iptables-legacy? */
export function hasLegacyTables(netns: NetnsHandle): boolean {
  return FAMILIES.some(([, names]) => tablesOf(netns, names) !== "");
}

/** Empty where the kernel has none. */
function tablesOf(netns: NetnsHandle, file: string): string {
  return enterNetns(netns, () => readIfThere(`/proc/thread-self/net/${file}`))?.trim() ?? "";
}
