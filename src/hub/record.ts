/** What is kept of a lab on machines beside what is on the engine: STATE/LAB/record.json, written before anything is made. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { EngineAddress } from "../engine/address.ts";
import type { Resource } from "../plan/resource.ts";

export interface HubRecord {
  readonly lab: string;
  readonly file: string;
  readonly engine: EngineAddress;
  readonly committed: boolean;
  /** All that the lab made, or was about to make. */
  readonly resources: readonly Resource[];
}

export function recordPath(folder: string): string {
  return `${folder}/record.json`;
}

export function writeRecord(folder: string, record: HubRecord): void {
  const path = recordPath(folder);
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined when there is none that can be read. */
export function readRecord(folder: string): HubRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(folder), "utf8")) as HubRecord;
  } catch {
    return undefined;
  }
}
