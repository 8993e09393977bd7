/** How iptables rules get into the kernel: one iptables-restore per namespace and family, and the resulting rules are read back later. */
import type { IptablesChange } from "./restore-input.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { ObservedIptables } from "../observed.ts";
import type { KeepLines } from "../listings.ts";
import type { Family } from "../../net/family.ts";
import { fingerprintOf, parseIptablesSave } from "../../apply/iptables-save.ts";
import type { JournalEntry } from "../../apply/journal-entry.ts";
import type { Look, RuntimeApplier } from "../../apply/kind.ts";
import { runTool, toolLines } from "../../apply/run-tool.ts";
import type { LabRuntime } from "../../apply/runtime.ts";

const PREFIX = { ipv4: "iptables", ipv6: "ip6tables" } as const satisfies Record<Family, string>;

/** Apply all changes of one namespace and family in one call. Throws what iptables-restore said. */
export async function applyIptables(changes: readonly IptablesChange[], runtime: LabRuntime): Promise<void> {
  const first = changes[0]?.resource;
  if (first === undefined) return;
  const { ns, family } = first;
  const handle = runtime.find(ns);
  if (handle === undefined && changes.every((change) => change.action === "delete")) return; // gone with the namespace
  const { restorePieces } = await import("./restore-input.ts");
  const texts = (runtime.chainTexts ??= new WeakMap());
  const [something] = restorePieces(changes, texts);
  const listing = `iptables ${ns} ${family}`;
  runtime.readBacks.changing(
    listing,
    changes.map((change) => change.resource.id),
  );
  if (something !== undefined) {
    const creates = changes.every((change) => change.action === "create");
    const isNew = runtime.takeWithoutRules(ns, family);
    const argv = creates && isNew ? [`${PREFIX[family]}-restore`, "-w"] : restoreCommand(PREFIX[family], creates);
    const { exitCode, stderr } = await runTool(handle ?? runtime.netns(ns), argv, restorePieces(changes, texts));
    if (exitCode !== 0) throw new Error(explain(stderr, [...restorePieces(changes, texts)].join(""), PREFIX[family]));
  }
  const there = changes.flatMap(({ action, resource }) => (action === "delete" ? [] : [resource.id]));
  runtime.readBacks.changed(listing, there, (ids) => readBack(runtime, ids, ns, family));
}

/** Where there is nothing to flush, restoring without --noflush takes a fifth of the time for 10,000 rules. */
function restoreCommand(prefix: string, fresh: boolean): readonly string[] {
  if (!fresh) return [`${prefix}-restore`, "-w", "--noflush"];
  const script = 'saved=$("$1-save") && [ -z "$saved" ] || set -- "$1" --noflush; exec "$1-restore" -w $2';
  return ["sh", "-c", script, "sh", prefix];
}

/** Our tables as the kernel has them. A namespace that is gone in the meantime has none. */
async function readBack(
  runtime: LabRuntime,
  ids: ReadonlySet<string>,
  ns: string,
  family: Family,
): Promise<readonly JournalEntry[]> {
  const handle = runtime.find(ns);
  if (handle === undefined) return [];
  const { record } = runtime.journal;
  const { iptables } = await runtime.knownRules.read(ns, handle, lookAtIptables(family));
  const observed = iptables[family] ?? {};
  return [...ids].flatMap((id) => {
    const resource = record.applied.get(id);
    return resource?.kind === "iptables" ? [record.fingerprintEntry(id, fingerprintOf(resource, observed))] : [];
  });
}

/** All rules of a namespace and family as they are. Throws the error of iptables-save, or when it twice wrote only part of them. */
export async function saveIptables(handle: NetnsHandle, family: Family, keep: KeepLines): Promise<ObservedIptables> {
  const argv = [`${PREFIX[family]}-save`];
  const read = (): Promise<ObservedIptables | undefined> =>
    toolLines(handle, argv, (lines) => parseIptablesSave(lines, keep));
  const found = (await read()) ?? (await read());
  if (found === undefined) throw new Error(`${argv[0]} wrote only part of the rules: a table without its COMMIT`);
  return found;
}

/** iptables-restore names only a line number: add the line. */
function explain(stderr: string, input: string, prefix: string): string {
  const said = stderr.trim() === "" ? `${prefix}-restore failed` : stderr.trim();
  const number = /line:? (\d+)/i.exec(said)?.[1];
  const line = number === undefined ? undefined : input.split("\n")[Number(number) - 1];
  return line === undefined || line === "COMMIT" ? said : `${said}\n  line ${number}: ${line}`;
}

export function lookAtIptables(family: Family): Look {
  return {
    what: `iptables ${family}`,
    inRuleset: true,
    read: async (netns, keep) => ({ iptables: { [family]: await saveIptables(netns, family, keep) } }),
  };
}

export const iptables: RuntimeApplier<"iptables"> = {
  create: (resource, runtime) => applyIptables([{ action: "create", resource }], runtime),
  update: (resource, before, runtime) => applyIptables([{ action: "update", resource, before }], runtime),
  remove: (resource, runtime) => applyIptables([{ action: "delete", resource }], runtime),
  applyAll: applyIptables,
  look: ({ family }) => lookAtIptables(family),
};
