/**
 * A capture never grows without bound: tcpdump writes a ring of files (-C, -W), the newest over the oldest. All captures of a
 * lab share 64 MiB, unless one sets how much it keeps; at most half of the free space on their disk.
 */
import { closeSync, openSync, readSync, statSync, statfsSync } from "node:fs";

const MIB = 1024 * 1024;
const LAB_LIMIT = 64 * MIB;
/** tcpdump's unit, millions of bytes: the minimum; two files make a ring. */
const UNIT = 1_000_000;
const LEAST_SEGMENTS = 2;
const MOST_SEGMENTS = 8;
/** What the lab's own captures share; the rest is for those started by hand. */
const DECLARED = 3 / 4;
const HEADER = 24;
const RECORD = 16;

export interface Ring {
  readonly segments: number;
  /** Of each segment, in tcpdump's unit. */
  readonly size: number;
}

/**
 * `free`: bytes in the file system that holds the captures, theirs included. `declared`: places of the lab's own captures.
 * `keep`: requested bytes for one place: where there is room, no less is kept.
 */
export function ringFor(free: number, declared: number | undefined, keep?: number): Ring {
  const room = Math.min(LAB_LIMIT, free / 2);
  const share =
    keep === undefined
      ? declared === undefined
        ? room * (1 - DECLARED)
        : (room * DECLARED) / declared
      : Math.min(keep, free / 2);
  const segments = Math.min(MOST_SEGMENTS, Math.max(LEAST_SEGMENTS, Math.floor(share / UNIT)));
  const round = share === keep ? Math.ceil : Math.floor;
  return { segments, size: Math.max(1, round(share / segments / UNIT)) };
}

export function ringBytes({ segments, size }: Ring): number {
  return segments * size * UNIT;
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Bytes that a ring's segments take now. */
export function usedBytes(path: string, ring: Ring): number {
  return partsOf(path, ring).reduce((sum, part) => sum + statSync(part).size, 0);
}

/** tcpdump numbers them from 0. */
export function segmentPath(path: string, index: number): string {
  return `${path}${index}`;
}

/** Existing segments, the oldest first. */
export function partsOf(path: string, ring: Ring): string[] {
  const found = Array.from({ length: ring.segments }, (_, index) => segmentPath(path, index)).flatMap((part) => {
    const time = firstTime(part);
    return time === undefined ? [] : [{ part, time }];
  });
  return found.sort((a, b) => a.time - b.time).map(({ part }) => part);
}

/** Seconds of the first packet; for a file that has none yet: later than all. Undefined when the file does not exist. */
export function firstTime(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(HEADER + 8);
    if (readSync(fd, bytes, 0, bytes.length, 0) < bytes.length) return Infinity;
    const read = isLittleEndian(bytes) ? bytes.readUInt32LE.bind(bytes) : bytes.readUInt32BE.bind(bytes);
    return read(HEADER) + read(HEADER + 4) / 1e9;
  } finally {
    closeSync(fd);
  }
}

/** Whole records in these files. */
export function countRecords(paths: readonly string[]): number {
  let count = 0;
  for (const path of paths) {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(statSync(path).size);
      const length = readSync(fd, bytes, 0, bytes.length, 0);
      const little = isLittleEndian(bytes);
      for (let at = HEADER; at + RECORD <= length; count++) {
        at += RECORD + (little ? bytes.readUInt32LE(at + 8) : bytes.readUInt32BE(at + 8));
        if (at > length) break;
      }
    } finally {
      closeSync(fd);
    }
  }
  return count;
}

/** The two magic numbers of pcap, for nanoseconds and microseconds. */
function isLittleEndian(bytes: Buffer): boolean {
  return bytes.length >= 4 && [0xa1b23c4d, 0xa1b2c3d4].includes(bytes.readUInt32LE(0));
}
