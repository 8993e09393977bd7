/** How what plugins made is taken on: rules that are missing are put back, the rest only they can make. */
import type { Change, RuntimeApplier } from "../../apply/kind.ts";
import { runTool } from "../../apply/run-tool.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import type { Family } from "../../net/family.ts";
import { saveIptables } from "../iptables/apply.ts";
import { ruleWords } from "../iptables/rule-text.ts";
import { formatIptablesArgs } from "../iptables/table-words.ts";
import type { ObservedIptables } from "../observed.ts";
import type { AdoptedPart } from "./part.ts";

type Rule = Extract<AdoptedPart, { readonly type: "rule" }>;
type Chain = Extract<AdoptedPart, { readonly type: "chain" }>;

/** A rule that is put back, or taken away. */
interface Edit {
  readonly part: Rule | Chain;
  readonly remove: boolean;
}

function isThere({ table, chain, ...part }: Rule | Chain, now: ObservedIptables): boolean {
  const there = now[table]?.[chain];
  return there !== undefined && (part.type === "chain" || there.rules.includes(part.rule));
}

/** Lines for iptables-restore --noflush: a declaration makes a chain, but empties one that is there. */
function restoreText(edits: readonly Edit[]): string {
  const tables = Map.groupBy(edits, ({ part }) => part.table);
  return [...tables]
    .map(([table, those]) => {
      const lines = those.map(({ part, remove }) => {
        if (part.type === "chain") return remove ? `-X ${part.chain}` : `:${part.chain} - [0:0]`;
        const verb = remove ? "-D" : part.first === true ? "-I" : "-A";
        return formatIptablesArgs([verb, part.chain, ...ruleWords(part.rule)]);
      });
      // Chains can go when all that is in them has gone, and must be there first.
      const rank = (line: string): number => (line.startsWith(":") ? 0 : line.startsWith("-X") ? 2 : 1);
      return [`*${table}`, ...lines.toSorted((a, b) => rank(a) - rank(b)), "COMMIT", ""].join("\n");
    })
    .join("");
}

async function editRules(ns: string, family: Family, edits: readonly Edit[], runtime: LabRuntime): Promise<void> {
  const handle = runtime.find(ns);
  if (handle === undefined) return;
  const now = await saveIptables(handle, family, (_chain, lines) => lines);
  const due = edits.filter(({ part, remove }) => isThere(part, now) === remove);
  if (due.length === 0) return;
  const tool = family === "ipv6" ? "ip6tables-restore" : "iptables-restore";
  const { exitCode, stderr } = await runTool(handle, [tool, "-w", "--noflush"], restoreText(due));
  if (exitCode !== 0) throw new Error(stderr.trim());
}

async function applyAll(changes: readonly Change<"adopted">[], runtime: LabRuntime): Promise<void> {
  const edits = changes.flatMap(({ action, resource: { ns, part } }) =>
    part.type === "rule" || part.type === "chain"
      ? [{ ns, family: part.family, edit: { part, remove: action === "delete" } }]
      : [],
  );
  for (const those of Map.groupBy(edits, ({ ns, family }) => `${family} ${ns}`).values()) {
    const [{ ns, family } = {}] = those;
    const own = those.map(({ edit }) => edit);
    if (ns !== undefined && family !== undefined) await editRules(ns, family, own, runtime);
  }
}

export const adopted: RuntimeApplier<"adopted"> = {
  create: (resource, runtime) => applyAll([{ action: "create", resource }], runtime),
  update: (resource, _before, runtime) => applyAll([{ action: "update", resource }], runtime),
  remove: (resource, runtime) => applyAll([{ action: "delete", resource }], runtime),
  applyAll,
};
