/** Brings the files of a capture, one per place, together into one pcapng. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CaptureFile } from "../services/capture/protocol.ts";
import { joinPcaps } from "../capture/pcap.ts";
import { mergeCaptures } from "../capture/pcapng.ts";

/** Place of a file as people write it: `node1/eth0`, `default/client/any`. */
export function placeOf(file: CaptureFile): string {
  return `${file.ns}/${file.iface}`;
}

/** Writes `path` (mode 0600: packets may hold secrets) and returns the number of packets in it. */
export function writeMerged(files: readonly CaptureFile[], path: string, filter: string | undefined): number {
  const data = ({ path, parts = [path] }: CaptureFile): Uint8Array =>
    joinPcaps(parts.map((part) => readFileSync(part)));
  const merged = mergeCaptures(files.map((file) => ({ place: placeOf(file), data: data(file), filter })));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, merged, { mode: 0o600 });
  return files.reduce((sum, file) => sum + file.packets, 0);
}

/** One sentence for each place whose older packets have been overwritten. */
export function wrappedNotes(files: readonly CaptureFile[]): string[] {
  return files.flatMap((file) =>
    file.wrapped === undefined
      ? []
      : [`${placeOf(file)}: the capture is full and has wrapped: only the newest ${file.wrapped / 1e6} MB are kept`],
  );
}
