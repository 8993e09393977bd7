/** A saved state of who may reach whom, and what differs from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { UsageError, messageOf } from "../../errors.ts";
import type { GroupVerdict } from "../../oracle/policy/policy-connections.ts";
import { formatPorts, parsePorts, subtractPorts } from "../../oracle/policy/policy-port-space.ts";
import { printableJson } from "../../printable.ts";

const VERSION = 1;

/** Who may reach whom. */
export interface Baseline {
  readonly verdicts: ReadonlyMap<string, GroupVerdict>;
  /** Ports that are open and that no container declares, see policyOpenings(); absent: not asked, as in baselines of before. */
  readonly openings?: ReadonlyMap<string, string> | undefined;
}

/** One line per connection, sorted, so that a diff of the file reads well. */
export function saveBaseline(file: string, { verdicts, openings }: Baseline): void {
  const sorted = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const undeclared = openings === undefined ? {} : { undeclared: sorted(openings) };
  writeFileSync(file, `${printableJson({ version: VERSION, connections: sorted(verdicts), ...undeclared }, 2)}\n`);
}

export function readBaseline(file: string): Baseline {
  let value: { version?: unknown; connections?: unknown; undeclared?: unknown };
  try {
    value = JSON.parse(readFileSync(file, "utf8")) as typeof value;
  } catch (error) {
    throw new UsageError(
      `cannot read the baseline ${JSON.stringify(file)}: ${messageOf(error)}`,
      "create one: k8snet-lab policy test -f manifests/ --save FILE",
    );
  }
  if (value.version !== VERSION || typeof value.connections !== "object" || value.connections === null)
    throw new UsageError(
      `${JSON.stringify(file)} was not written by this version of k8snet-lab`,
      "recreate it with --save",
    );
  const { undeclared } = value;
  return {
    verdicts: new Map(Object.entries(value.connections as Record<string, GroupVerdict>)),
    openings:
      typeof undeclared === "object" && undeclared !== null
        ? new Map(Object.entries(undeclared as Record<string, string>))
        : undefined,
  };
}

/** The pair of `A -> B 80/tcp`, `A -> B tcp`. */
const pairOf = (key: string): string => key.slice(0, key.lastIndexOf(" "));

function pairsOf(verdicts: Baseline["verdicts"]): ReadonlySet<string> {
  return new Set([...verdicts.keys()].flatMap((key) => pairOf(key).split(" -> ")));
}

/** `shop/web -> shop/db 9000-9100/tcp (no container declares it)`: what is open in `b` and not in `a`. */
function newPorts(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
  known: ReadonlySet<string>,
  still: ReadonlySet<string>,
): readonly string[] {
  return [...b].flatMap(([key, text]) => {
    const [from = "", to = ""] = pairOf(key).split(" -> ");
    if (![from, to].every((end) => known.has(end) && still.has(end))) return [];
    const more = subtractPorts(parsePorts(text), parsePorts(a.get(key) ?? ""));
    if (more.length === 0) return [];
    return [`${pairOf(key)} ${formatPorts(more)}/${key.slice(key.lastIndexOf(" ") + 1)} (no container declares it)`];
  });
}

export interface BaselineDiff {
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Connections of workloads or ports that are new or gone. */
  readonly appeared: readonly string[];
  readonly gone: readonly string[];
}

export function diffBaseline(
  { verdicts: before, openings: openBefore }: Baseline,
  { verdicts: now, openings: openNow }: Baseline,
): BaselineDiff {
  // New and removed workloads show in their connections.
  const ports = (a: Baseline["openings"], b: Baseline["openings"]): readonly string[] =>
    a === undefined || b === undefined || openBefore === undefined || openNow === undefined
      ? []
      : newPorts(a, b, pairsOf(before), pairsOf(now));
  const rank = { deny: 0, mixed: 1, allow: 2 } as const;
  const changed = (more: boolean): string[] =>
    [...now].flatMap(([key, verdict]) => {
      const old = before.get(key);
      if (old === undefined || old === verdict || rank[verdict] > rank[old] !== more) return [];
      return [verdict === "mixed" || old === "mixed" ? `${key} (was ${old}, is ${verdict})` : key];
    });
  return {
    opened: [...changed(true), ...ports(openBefore, openNow)],
    closed: [...changed(false), ...ports(openNow, openBefore)],
    appeared: [...now].filter(([key]) => !before.has(key)).map(([key, verdict]) => `${key}: ${verdict}`),
    gone: [...before.keys()].filter((key) => !now.has(key)),
  };
}

export function isEmpty(diff: BaselineDiff): boolean {
  return diff.opened.length + diff.closed.length + diff.appeared.length + diff.gone.length === 0;
}
