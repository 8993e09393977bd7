/** How iptables rules get into the kernel: one iptables-restore per namespace and family, and what it made of them read back. */
import type { IptablesChange } from "../../encode/iptables-restore.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { ObservedIptables } from "../../plan/observed.ts";
import type { Family } from "../../plan/resource.ts";
import { fingerprintOf, parseIptablesSave } from "../iptables-save.ts";
import type { JournalEntry } from "../journal.ts";
import type { RuntimeApplier } from "../kinds.ts";
import type { LabRuntime } from "../runtime.ts";
import { runIn } from "../spawn.ts";

/** Milliseconds; a restore of 20,000 rules takes under a second. */
const TIMEOUT = 60_000;
/** Bytes of iptables-save's output that are read: 20,000 rules are about 4 MB. */
const LISTING_LIMIT = 64 * 1024 * 1024;
const PREFIX = { ipv4: "iptables", ipv6: "ip6tables" } as const satisfies Record<Family, string>;

/** Apply all changes of one namespace and family in one call. Throws what iptables-restore said. */
export async function applyIptables(changes: readonly IptablesChange[], runtime: LabRuntime): Promise<void> {
  const first = changes[0]?.resource;
  if (first === undefined) return;
  const { ns, family } = first;
  const handle = runtime.find(ns);
  if (handle === undefined && changes.every((change) => change.action === "delete")) return; // gone with the namespace
  const { encodeIptablesRestore } = await import("../../encode/iptables-restore.ts");
  const input = encodeIptablesRestore(changes);
  const prefix = PREFIX[family];
  // One process for both: restore, then read back what the kernel made of it. Where nothing is there that could be
  // flushed, restoring without --noflush takes a fifth of the time for 10,000 rules.
  const fresh = changes.every((change) => change.action === "create");
  const keep = fresh ? 'saved=$("$1-save") && [ -z "$saved" ] || set -- "$1" --noflush' : 'set -- "$1" --noflush';
  const script = `${keep}; "$1-restore" -w $2 && exec "$1-save"`;
  const { exitCode, stdout, stderr } = await runIn(handle ?? runtime.netns(ns), ["sh", "-c", script, "sh", prefix], {
    input,
    timeout: TIMEOUT,
    deathSignal: "none",
    outputLimit: LISTING_LIMIT,
  });
  if (exitCode !== 0) throw new Error(explain(stderr, input, prefix));
  keepFingerprints(runtime, changes, parseIptablesSave(stdout));
}

/** All rules of a namespace and family as they are. Throws what iptables-save said. */
export async function saveIptables(handle: NetnsHandle, family: Family): Promise<ObservedIptables> {
  const program = `${PREFIX[family]}-save`;
  const { exitCode, stdout, stderr } = await runIn(handle, [program], {
    timeout: TIMEOUT,
    deathSignal: "none",
    outputLimit: LISTING_LIMIT,
  });
  if (exitCode !== 0) throw new Error(stderr.trim() === "" ? `${program} failed` : stderr.trim());
  return parseIptablesSave(stdout);
}

/** Only of what was just applied: elsewhere somebody may have added rules of his own since. */
function keepFingerprints(runtime: LabRuntime, changes: readonly IptablesChange[], observed: ObservedIptables): void {
  const entries: JournalEntry[] = [];
  for (const { action, resource } of changes) {
    if (action !== "delete")
      entries.push({ t: "iptables", id: resource.id, chains: fingerprintOf(resource, observed) });
  }
  runtime.journal.write(...entries);
}

/** iptables-restore names only a line number: add the line. */
function explain(stderr: string, input: string, prefix: string): string {
  const said = stderr.trim() === "" ? `${prefix}-restore failed` : stderr.trim();
  const number = /line:? (\d+)/i.exec(said)?.[1];
  const line = number === undefined ? undefined : input.split("\n")[Number(number) - 1];
  return line === undefined || line === "COMMIT" ? said : `${said}\n  line ${number}: ${line}`;
}

export const iptables: RuntimeApplier<"iptables"> = {
  create: (resource, runtime) => applyIptables([{ action: "create", resource }], runtime),
  update: (resource, before, runtime) => applyIptables([{ action: "update", resource, before }], runtime),
  remove: (resource, runtime) => applyIptables([{ action: "delete", resource }], runtime),
};
