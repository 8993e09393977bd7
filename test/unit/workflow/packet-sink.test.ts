import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rotatingSink, streamSink } from "../../../src/workflow/packet-sink.ts";
import type { PacketLine } from "../../../src/services/capture/protocol.ts";

const packet = (place: string, size = 60): PacketLine => ({
  capture: "c",
  place,
  time: 1,
  text: "",
  raw: { time: "1700000000000000001", length: size, linkType: 1, data: Buffer.alloc(size).toString("base64") },
});

/** Types of the blocks of a pcapng file. */
function blocks(file: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) types.push(file.readUInt32LE(at));
  return types;
}

const SECTION = 0x0a0d0d0a;

describe("a stream", () => {
  test("an interface is described before its first packet, and once", async () => {
    const out = new PassThrough();
    const sink = streamSink(out, "icmp");
    for (const place of ["a/eth0", "b/eth0", "a/eth0"]) sink.write(packet(place));
    expect(await sink.end()).toBe("3 packets");
    const file = out.read() as Buffer;
    expect(blocks(file)).toEqual([SECTION, 1, 6, 1, 6, 6]);
    expect(file.toString("latin1")).toContain("b/eth0");
  });
});

describe("files that follow each other", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sink-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("the newest stay, each is whole, and only its owner reads it", async () => {
    const sink = rotatingSink(join(folder, "wire.pcapng"), { size: 3000, count: 2 }, undefined);
    for (let i = 0; i < 10; i++) sink.write(packet("a/eth0", 1000));
    expect(await sink.end()).toBe(
      `10 packets captured; the newest are in ${join(folder, "wire_00003.pcapng")} to ${join(folder, "wire_00004.pcapng")}`,
    );
    const files = readdirSync(folder).toSorted();
    expect(files).toEqual(["wire_00003.pcapng", "wire_00004.pcapng"]);
    expect(files.map((name) => blocks(readFileSync(join(folder, name))))).toEqual([
      [SECTION, 1, 6, 6, 6],
      [SECTION, 1, 6],
    ]);
    expect(statSync(join(folder, "wire_00004.pcapng")).mode & 0o777).toBe(0o600);
  });
});
