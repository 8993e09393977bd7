/** What is kept of a lab beside its journal, so that it can be checked and inspected without its YAML: STATE/lab.json. */
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import type { StoredLab } from "./protocol.ts";

export function writeStoredLab(folder: string, stored: StoredLab): void {
  writeFileSync(`${folder}/lab.json.new`, JSON.stringify(stored), { mode: 0o600 });
  renameSync(`${folder}/lab.json.new`, `${folder}/lab.json`);
}

/** Of the file, which is a new one with each commit; null when the lab was never committed. */
export function storedVersion(folder: string): string | null {
  const file = statSync(`${folder}/lab.json`, { bigint: true, throwIfNoEntry: false });
  return file === undefined ? null : `${file.ino}-${file.mtimeNs}`;
}

/** Null when the lab was never committed. */
export function readStoredLab(folder: string): StoredLab | null {
  try {
    return JSON.parse(readFileSync(`${folder}/lab.json`, "utf8")) as StoredLab;
  } catch {
    return null;
  }
}
