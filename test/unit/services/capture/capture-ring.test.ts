import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countRecords, partsOf, ringBytes, ringFor, usedBytes } from "../../../../src/services/capture/capture-ring.ts";
import { lessThanAsked } from "../../../../src/capture/less-than-asked.ts";
import { joinPcaps, readPcap } from "../../../../src/capture/pcap.ts";

const MIB = 1024 * 1024;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capture-ring-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A pcap with nanoseconds, one packet of 4 bytes per second given. */
function pcap(...seconds: number[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d);
  header.writeUInt32LE(1, 20);
  const records = seconds.map((second) => {
    const record = Buffer.alloc(20);
    record.writeUInt32LE(second);
    record.writeUInt32LE(4, 8);
    record.writeUInt32LE(4, 12);
    return record;
  });
  return Buffer.concat([header, ...records]);
}

test("a lab's own captures share 48 of its 64 MiB, however many places they have", () => {
  for (const places of [1, 2, 5, 12, 24])
    expect(ringBytes(ringFor(1e12, places)) * places).toBeLessThanOrEqual(48 * MIB);
  expect(ringBytes(ringFor(1e12, 1))).toBeGreaterThan(40 * MIB);
  expect(ringBytes(ringFor(1e12, undefined))).toBeLessThanOrEqual(16 * MIB);
});

test("on a small disk they take no more than half of what is free, and never less than two segments", () => {
  expect(ringBytes(ringFor(30e6, 1))).toBeLessThanOrEqual(15e6);
  expect(ringFor(1e6, 3)).toEqual({ segments: 2, size: 1 });
});

test("what is asked for is kept, where there is room for it", () => {
  expect(ringBytes(ringFor(1e12, 3, 200e6))).toBe(200e6);
  expect(ringBytes(ringFor(1e12, undefined, 2e6))).toBe(2e6);
  expect(ringBytes(ringFor(1e12, undefined, 15e6))).toBeGreaterThanOrEqual(15e6);
  const reduced = ringBytes(ringFor(100e6, undefined, 200e6));
  expect(reduced).toBeLessThanOrEqual(50e6);
  expect(lessThanAsked([{ keeps: 200e6 }], 200e6)).toBeUndefined();
  expect(lessThanAsked([{ keeps: reduced }], 200e6)).toMatch(/^48 MB are kept at each place, not 200 MB/);
});

test("segments are read in the order of their packets, one that has just begun last", () => {
  const path = join(folder, "x.pcap");
  const ring = { segments: 4, size: 1 };
  writeFileSync(`${path}0`, pcap(30, 31));
  writeFileSync(`${path}1`, pcap());
  writeFileSync(`${path}2`, pcap(10, 11));
  writeFileSync(`${path}3`, pcap(20));
  const parts = partsOf(path, ring);
  expect(parts).toEqual([2, 3, 0, 1].map((index) => `${path}${index}`));
  expect(countRecords(parts)).toBe(5);
  expect(usedBytes(path, ring)).toBe(4 * 24 + 5 * 20);
});

test("segments that follow each other are one file", () => {
  const { packets } = readPcap(joinPcaps([pcap(1, 2), pcap(3), pcap()]));
  expect(packets.map(({ time }) => time / 1_000_000_000n)).toEqual([1n, 2n, 3n]);
});
