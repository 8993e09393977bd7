/** Brings the files of a capture, one per place, together into one pcapng. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CaptureFile } from "../agent/protocol.ts";
import { mergeCaptures } from "../capture/pcapng.ts";

/** Place of a file as people write it: `node1/eth0`, `default/client/any`. */
export function placeOf(file: CaptureFile): string {
  return `${file.ns}/${file.iface}`;
}

/** Writes `path` (mode 0600: packets may hold secrets) and returns the number of packets that tcpdump counted. */
export function writeMerged(files: readonly CaptureFile[], path: string, filter: string | undefined): number {
  const merged = mergeCaptures(files.map((file) => ({ place: placeOf(file), data: readFileSync(file.path), filter })));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, merged, { mode: 0o600 });
  return files.reduce((sum, file) => sum + file.packets, 0);
}
