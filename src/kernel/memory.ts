/** Memory that this process no longer needs, given back to the machine. */
import { readFileSync } from "node:fs";
import { declare } from "./libc.ts";

const MADV_DONTNEED = 4;

const mallocTrim = declare<[pad: number]>("int malloc_trim(size_t pad)");
const madvise = declare<[address: number, length: number, advice: number]>(
  "int madvise(uintptr_t address, size_t length, int advice)",
);

/** Memory that malloc keeps for reuse. Only glibc has it. */
export function trimHeap(): void {
  try {
    mallocTrim(0);
  } catch {
    // musl returns memory on its own
  }
}

/**
 * Releases the pages of the program's code, most of which only its start needed. Nothing can be lost: they are read-only parts of
 * a file, and come back from the page cache as they are used (madvise(2), MADV_DONTNEED).
 */
export function trimCode(): void {
  for (const line of readFileSync("/proc/self/maps", "latin1").split("\n")) {
    const [, from = "", to = "", path] = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \d+ +(\/.*)$/.exec(line) ?? [];
    if (path !== process.execPath) continue;
    const start = Number.parseInt(from, 16);
    madvise(start, Number.parseInt(to, 16) - start, MADV_DONTNEED);
  }
}
