/** A saved state of who may reach whom, and what differs from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { UsageError } from "../../errors.ts";
import type { GroupVerdict } from "../../model/policy-connections.ts";

const VERSION = 1;

/** One line per connection, sorted, so that a diff of the file reads well. */
export function saveBaseline(file: string, verdicts: ReadonlyMap<string, GroupVerdict>): void {
  const connections = Object.fromEntries([...verdicts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify({ version: VERSION, connections }, undefined, 2)}\n`);
}

export function readBaseline(file: string): ReadonlyMap<string, GroupVerdict> {
  let value: { version?: unknown; connections?: unknown };
  try {
    value = JSON.parse(readFileSync(file, "utf8")) as typeof value;
  } catch (error) {
    throw new UsageError(
      `cannot read the baseline ${JSON.stringify(file)}: ${error instanceof Error ? error.message : String(error)}`,
      "make one: k8snet-lab policy test -f manifests/ --save FILE",
    );
  }
  if (value.version !== VERSION || typeof value.connections !== "object" || value.connections === null)
    throw new UsageError(`${JSON.stringify(file)} is no baseline of this version`, "make it anew with --save");
  return new Map(Object.entries(value.connections as Record<string, GroupVerdict>));
}

export interface BaselineDiff {
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** Connections of workloads or ports that were not there, or are no more. */
  readonly appeared: readonly string[];
  readonly gone: readonly string[];
}

export function diffBaseline(
  before: ReadonlyMap<string, GroupVerdict>,
  now: ReadonlyMap<string, GroupVerdict>,
): BaselineDiff {
  const rank = { deny: 0, mixed: 1, allow: 2 } as const;
  const changed = (more: boolean): string[] =>
    [...now].flatMap(([key, verdict]) => {
      const old = before.get(key);
      if (old === undefined || old === verdict || rank[verdict] > rank[old] !== more) return [];
      return [verdict === "mixed" || old === "mixed" ? `${key} (was ${old}, is ${verdict})` : key];
    });
  return {
    opened: changed(true),
    closed: changed(false),
    appeared: [...now].filter(([key]) => !before.has(key)).map(([key, verdict]) => `${key}: ${verdict}`),
    gone: [...before.keys()].filter((key) => !now.has(key)),
  };
}

export function isEmpty(diff: BaselineDiff): boolean {
  return diff.opened.length + diff.closed.length + diff.appeared.length + diff.gone.length === 0;
}
