/** DNS messages as bytes, checked with dns-packet on the other side. */
import fc from "fast-check";
import packet from "dns-packet";
import { describe, expect, it } from "vitest";
import { shuffleAddresses } from "../../../../src/services/dns/reply.ts";
import type { DnsRecord, DnsReply } from "../../../../src/services/dns/reply.ts";
import { datagramLimit, decodeQuery, encodeReply } from "../../../../src/services/dns/wire.ts";
import type { Query } from "../../../../src/services/dns/wire.ts";

const NAME = "Web.default.svc.cluster.local";

function queryBytes(edns?: { size: number; version?: number }, name = NAME): Buffer {
  return packet.encode({
    type: "query", id: 7, flags: packet.RECURSION_DESIRED, questions: [{ type: "A", name }],
    additionals: edns === undefined ? [] : [{ type: "OPT", name: ".", udpPayloadSize: edns.size, extendedRcode: 0, ednsVersion: edns.version ?? 0, flags: 0x8000, flag_do: true, options: [] }],
  }); // prettier-ignore
}

function query(edns?: { size: number }, name?: string): Query {
  const decoded = decodeQuery(queryBytes(edns, name));
  if (decoded === undefined || !("question" in decoded)) throw new Error("no query");
  return decoded;
}

function reply(answers: readonly DnsRecord[], rest: Partial<DnsReply> = {}): DnsReply {
  return { rcode: "NOERROR", authoritative: true, answers, authorities: [], additionals: [], ...rest };
}

const addresses = (count: number, name = NAME): DnsRecord[] =>
  Array.from({ length: count }, (_, i) => ({ type: "A", name, ttl: 30, data: `10.0.${i >> 8}.${i & 255}` }));

describe("queries", () => {
  it("keep the client's spelling and its EDNS0 size", () => {
    expect(query()).toMatchObject({ id: 7, name: NAME, type: "A", edns: undefined });
    expect(query({ size: 1232 }).edns).toEqual({ size: 1232, dnssec: true });
    expect(datagramLimit(query())).toBe(512);
    expect(datagramLimit(query({ size: 100 }))).toBe(512);
  });

  it("of unknown types come back as they came", () => {
    const bytes = queryBytes();
    bytes.writeUInt16BE(65, bytes.length - 4);
    const decoded = decodeQuery(bytes);
    expect(decoded).toMatchObject({ type: "UNKNOWN_65" });
    const back = encodeReply(decoded as Query, reply([]), 512);
    expect(back.subarray(12)).toEqual(bytes.subarray(12));
  });

  it("that are none get an error, or nothing", () => {
    expect(decodeQuery(Buffer.alloc(11))).toBeUndefined();
    const response = queryBytes();
    response[2] = 0x80;
    expect(decodeQuery(response)).toBeUndefined();
    const notify = queryBytes();
    notify[2] = 0x20;
    expect((decodeQuery(notify) as Buffer)[3]).toBe(4);
    const none = queryBytes();
    none.writeUInt16BE(0, 4);
    expect((decodeQuery(none) as Buffer)[3]).toBe(1);
    expect((decodeQuery(queryBytes().subarray(0, 20)) as Buffer)[3]).toBe(1);
    const chaos = queryBytes();
    chaos.writeUInt16BE(3, chaos.length - 2);
    expect(packet.decode(decodeQuery(chaos) as Buffer)).toMatchObject({ id: 7, rcode: "REFUSED" });
    const version = packet.decode(decodeQuery(queryBytes({ size: 1232, version: 1 })) as Buffer);
    expect(version.additionals?.[0]).toMatchObject({ type: "OPT", extendedRcode: 1 }); // BADVERS, 16
  });

  it("of any bytes do not throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeQuery(Buffer.from(bytes))));
  });
});

describe("replies", () => {
  it("name a record's owner by pointers", () => {
    const records: DnsRecord[] = [
      { type: "SRV", name: NAME, ttl: 30, data: { priority: 0, weight: 50, port: 80, target: `a.${NAME}` } },
      { type: "CNAME", name: "other.org", ttl: 5, data: NAME },
    ];
    const additionals: DnsRecord[] = [
      { type: "A", name: `a.${NAME}`, ttl: 30, data: "10.0.0.1" },
      { type: "AAAA", name: `a.${NAME}`, ttl: 30, data: "fd00::1" },
    ];
    const bytes = encodeReply(query(), reply(records, { additionals }), 512);
    const decoded = packet.decode(bytes);
    expect(decoded.answers).toMatchObject(records);
    expect(decoded.additionals).toMatchObject(additionals);
    expect(decoded).toMatchObject({
      id: 7,
      flag_qr: true,
      flag_aa: true,
      flag_rd: true,
      flag_ra: true,
      flag_tc: false,
    });
    expect(encodeReply(query(), reply(addresses(4)), 512)).toHaveLength(queryBytes().length + 4 * 16);
  });

  it("that are too long are truncated and marked as that; there is nothing beside the answer", () => {
    const cut = packet.decode(encodeReply(query(), reply(addresses(100)), 512));
    expect(cut.flag_tc).toBe(true);
    expect(cut.answers?.length).toBe(Math.floor((512 - queryBytes().length) / 16));
    const whole = packet.decode(encodeReply(query({ size: 4096 }), reply(addresses(100)), 4096));
    expect(whole).toMatchObject({
      flag_tc: false,
      additionals: [{ type: "OPT", udpPayloadSize: 4096, flag_do: true }],
    });
    expect(whole.answers).toHaveLength(100);
    const beside = packet.decode(encodeReply(query(), reply(addresses(1), { additionals: addresses(100) }), 512));
    expect(beside).toMatchObject({ flag_tc: false });
    expect(beside.additionals?.length).toBeGreaterThan(20);
  });

  it("decode to what was encoded, within the limit", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
    const record = fc.oneof(
      fc.record({ type: fc.constant("A" as const), name, ttl: fc.nat(9999), data: fc.ipV4() }),
      fc.record({ type: fc.constant("PTR" as const), name, ttl: fc.nat(9999), data: name }),
    );
    fc.assert(
      fc.property(
        name,
        fc.array(record, { maxLength: 30 }),
        fc.integer({ min: 512, max: 2000 }),
        (asked, records, limit) => {
          const bytes = encodeReply(query({ size: limit }, asked), reply(records), limit);
          expect(bytes.length).toBeLessThanOrEqual(limit);
          const { answers = [], flag_tc: cut } = packet.decode(bytes);
          expect(answers).toMatchObject(records.slice(0, answers.length));
          expect(cut).toBe(answers.length < records.length);
        },
      ),
    );
  });

  it("have their addresses in turn, all of them, after the names that lead there", () => {
    const alias: DnsRecord = { type: "CNAME", name: "x", ttl: 5, data: NAME };
    const firsts = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const { answers } = shuffleAddresses(reply([alias, ...addresses(3)]), Math.random);
      expect(answers[0]).toBe(alias);
      expect(new Set(answers)).toHaveLength(4);
      firsts.add(JSON.stringify(answers[1]?.data));
    }
    expect(firsts).toHaveLength(3);
  });
});
