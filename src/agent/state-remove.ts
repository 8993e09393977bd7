/** The end of a lab's state folder. */
import { readdirSync, rmSync, rmdirSync } from "node:fs";

/** Needed to find what is left of a lab. */
const RECORDS: ReadonlySet<string> = new Set(["journal.jsonl", "record.json"]);

/** The state folder, its journal last: as long as it exists, everything else that is left can be found. */
export function removeState(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) if (!RECORDS.has(name)) rmSync(`${folder}/${name}`, { recursive: true, force: true });
  for (const name of RECORDS) rmSync(`${folder}/${name}`, { force: true });
  rmdirSync(folder);
}
