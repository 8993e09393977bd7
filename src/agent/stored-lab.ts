/** What is kept of a lab besides its journal, so that it can be checked and inspected without its YAML: STATE/lab.json. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cannotWrite } from "../errors.ts";
import type { StoredLab } from "./protocol.ts";

/** Throws HostError when it cannot be written; what was stored before stays. */
export function writeStoredLab(folder: string, stored: StoredLab): void {
  const path = `${folder}/lab.json`;
  try {
    writeFileSync(`${path}.new`, JSON.stringify(stored), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    rmSync(`${path}.new`, { force: true });
    throw cannotWrite(path, error);
  }
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
