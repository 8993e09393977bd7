import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PcapReader, readPcap } from "../../../src/capture/pcap.ts";
import { mergeCaptures } from "../../../src/capture/pcapng.ts";
import { bytes, echo, ethernet, ipv4, pcap, u16, u32 } from "./frames.ts";

const frame = ethernet(0x0800, ipv4(1, echo(8)));
const records = [
  { seconds: 100, fraction: 999_999, data: frame },
  { seconds: 101, fraction: 1, data: frame.subarray(0, 20), length: frame.length },
];

describe("reading", () => {
  test.each([
    { littleEndian: true, nanoseconds: false },
    { littleEndian: false, nanoseconds: false },
    { littleEndian: true, nanoseconds: true },
    { littleEndian: false, nanoseconds: true },
  ])("%j", (options) => {
    const { header, packets } = readPcap(pcap(records, options));
    expect(header).toMatchObject({ ...options, linkType: 1, snaplen: 262_144 });
    expect(packets.map((packet) => packet.time)).toEqual(
      options.nanoseconds ? [100_000_999_999n, 101_000_000_001n] : [100_999_999_000n, 101_000_001_000n],
    );
    expect(packets.map((packet) => [packet.data.length, packet.length])).toEqual([
      [frame.length, frame.length],
      [20, frame.length],
    ]);
  });

  test("a file that ends in the middle of a record gives the whole ones", () => {
    const file = pcap(records);
    expect(readPcap(file.subarray(0, file.length - 1)).packets).toHaveLength(1);
    expect(readPcap(new Uint8Array(0)).packets).toHaveLength(0);
  });

  test("what is not a pcap file is refused", () => {
    expect(() => readPcap(new Uint8Array(24))).toThrow(/not a pcap file/);
    const damaged = pcap(records);
    new DataView(damaged.buffer).setUint32(24 + 8, 0xffff_ffff, true);
    expect(() => readPcap(damaged)).toThrow(/damaged/);
  });

  test("fed in any pieces, it gives the same packets", () => {
    const file = pcap(records, { nanoseconds: true });
    const whole = readPcap(file).packets;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: file.length }), { maxLength: 10 }), (cuts) => {
        const reader = new PcapReader();
        const at = [0, ...cuts.sort((a, b) => a - b), file.length];
        const packets = at.slice(1).flatMap((end, i) => reader.push(file.subarray(at[i], end)));
        expect(packets.map(({ time, data }) => [time, [...data]])).toEqual(
          whole.map(({ time, data }) => [time, [...data]]),
        );
      }),
    );
  });
});

/** Reads back the blocks of a pcapng: type and body. */
function blocks(file: Uint8Array): { type: number; body: DataView }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = [];
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    found.push({
      type: view.getUint32(at, true),
      body: new DataView(file.buffer, file.byteOffset + at + 8, length - 12),
    });
    at += length;
  }
  return found;
}

describe("merging", () => {
  const left = pcap(
    [
      { seconds: 10, fraction: 5, data: frame },
      { seconds: 30, fraction: 0, data: frame },
    ],
    { nanoseconds: true },
  );
  const right = pcap([{ seconds: 20, fraction: 0, data: frame }], { littleEndian: false });

  test("packets are in order of time, each with its interface", () => {
    const all = blocks(
      mergeCaptures([
        { place: "node1/eth0", data: left, filter: "icmp" },
        { place: "node2/eth0", data: right },
      ]),
    );
    expect(all.map((one) => one.type)).toEqual([0x0a0d0d0a, 1, 1, 6, 6, 6]);
    const packets = all.filter((one) => one.type === 6);
    expect(packets.map(({ body }) => body.getUint32(0, true))).toEqual([0, 1, 0]);
    expect(
      packets.map(({ body }) => (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true))),
    ).toEqual([10_000_000_005n, 20_000_000_000n, 30_000_000_000n]);
    const names = all
      .filter((one) => one.type === 1)
      .map(({ body }) => new TextDecoder().decode(new Uint8Array(body.buffer, body.byteOffset, body.byteLength)));
    expect(names[0]).toContain("node1/eth0");
    expect(names[0]).toContain("icmp");
    expect(names[1]).toContain("node2/eth0");
  });

  test("cooked captures get an Ethernet header where both kinds meet, and stay as they are alone", () => {
    const cooked = pcap(
      [
        {
          seconds: 1,
          fraction: 0,
          data: bytes(u16(0x0800), u16(0), u32(5), u16(1), [4, 6], "02:00:00:00:00:09 0000", ipv4(1, echo(8))),
        },
      ],
      { linkType: 276 },
    );
    const linkTypes = (file: Uint8Array): number[] =>
      blocks(file)
        .filter((one) => one.type === 1)
        .map(({ body }) => body.getUint16(0, true));
    expect(linkTypes(mergeCaptures([{ place: "a/any", data: cooked }]))).toEqual([276]);
    const mixed = mergeCaptures([
      { place: "a/any", data: cooked },
      { place: "b/eth0", data: left },
    ]);
    expect(linkTypes(mixed)).toEqual([1, 1]);
    const packet = blocks(mixed).find((one) => one.type === 6)?.body;
    expect(packet?.getUint32(12, true)).toBe(frame.length);
    expect(packet?.getUint16(20 + 12)).toBe(0x0800);
  });
});
