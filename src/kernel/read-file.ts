/** Files that may go while they are read, as those of processes under /proc. */
import { readFileSync } from "node:fs";

/** Undefined when the file is not there, or may not be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
