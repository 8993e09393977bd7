/** What is kept of a lab on machines besides what is on the engine: STATE/LAB/record.json, written before anything is made. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cannotWrite } from "../errors.ts";
import type { EnginePlace, Underlay } from "../engine/place.ts";
import type { Resource } from "../resources/resource.ts";

export interface HubRecord {
  readonly lab: string;
  readonly file: string;
  /** The first has all machines that have no place. */
  readonly engines: readonly EnginePlace[];
  /** Engine name by machine. */
  readonly places: Readonly<Record<string, string>>;
  readonly asked: Underlay;
  /** Set once machines on different engines are joined. */
  readonly underlay?: UnderlayRecord | undefined;
  readonly committed: boolean;
  /** Everything that the lab made, or was about to make. */
  readonly resources: readonly Resource[];
}

export interface UnderlayRecord {
  readonly kind: "swarm" | "relay";
  /** One sentence: what it is, and why. */
  readonly told: string;
  /** Relays: address by `FROM TO`, engine names. */
  readonly addresses: Readonly<Record<string, string>>;
}

export function recordPath(folder: string): string {
  return `${folder}/record.json`;
}

/** Throws HostError when it cannot be written; the one before stays. */
export function writeRecord(folder: string, record: HubRecord): void {
  const path = recordPath(folder);
  try {
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw cannotWrite(path, error);
  }
}

/** Undefined when there is none that can be read. */
export function readRecord(folder: string): HubRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(folder), "utf8")) as HubRecord;
  } catch {
    return undefined;
  }
}
