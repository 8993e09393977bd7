/**
 * DNS messages as bytes (RFC 1035 4): queries decoded, replies encoded with names compressed, truncated to what the
 * client can receive (TC), and with EDNS0 (RFC 6891) when the client uses it. dns-packet knows the records.
 */
import packet from "dns-packet";
import type { Answer, DecodedPacket, RecordType } from "dns-packet";
import type { DnsAsked, DnsRecord, DnsReply } from "./reply.ts";

const HEADER = 12;
const QR = 0x8000;
const OPCODE = 0x7800;
const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;
const RA = 0x0080;
const CD = 0x0010;
/** What a client can receive over UDP by default. */
const PLAIN_SIZE = 512;
const OPT_SIZE = 11;
const DNSSEC_OK = 0x8000;
const BADVERS = 16;

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export interface Query extends DnsAsked {
  readonly id: number;
  readonly flags: number;
  /** The question section as received, so that the name comes back in the client's spelling. */
  readonly question: Buffer;
  readonly edns?: { readonly size: number; readonly dnssec: boolean } | undefined;
}

/** A query; bytes that answer one which is none; undefined for what deserves no answer (too short, or itself one). */
export function decodeQuery(bytes: Buffer): Query | Buffer | undefined {
  if (bytes.length < HEADER) return undefined;
  const flags = bytes.readUInt16BE(2);
  if ((flags & QR) !== 0) return undefined;
  if ((flags & OPCODE) !== 0) return refusal(bytes, RCODES.NOTIMP);
  if (bytes.readUInt16BE(4) !== 1) return refusal(bytes, RCODES.FORMERR);
  let decoded: DecodedPacket;
  try {
    decoded = packet.decode(bytes);
  } catch {
    return refusal(bytes, RCODES.FORMERR);
  }
  const [asked] = decoded.questions ?? [];
  const end = endOfQuestion(bytes);
  if (asked === undefined || end === undefined) return refusal(bytes, RCODES.FORMERR);
  const option = decoded.additionals?.find((record) => record.type === "OPT");
  const query: Query = {
    id: bytes.readUInt16BE(0),
    flags,
    name: asked.name === "." ? "" : asked.name,
    type: asked.type,
    question: Buffer.from(bytes.subarray(HEADER, end)),
    edns:
      option?.type === "OPT"
        ? { size: Math.max(PLAIN_SIZE, option.udpPayloadSize), dnssec: (option.flags & DNSSEC_OK) !== 0 }
        : undefined,
  };
  if (option?.type === "OPT" && option.ednsVersion > 0) return assemble(query, BADVERS, 0, [], PLAIN_SIZE);
  return asked.class === "IN" || asked.class === "ANY" ? query : assemble(query, RCODES.REFUSED, 0, [], PLAIN_SIZE);
}

/** The most bytes that a client accepts over UDP. */
export function datagramLimit(query: Query): number {
  return query.edns?.size ?? PLAIN_SIZE;
}

export function encodeReply(query: Query, reply: DnsReply, limit: number): Buffer {
  const flags = reply.authoritative ? AA | RA : RA;
  const sections = [reply.answers, reply.authorities, reply.additionals];
  return assemble(query, RCODES[reply.rcode], flags, sections, limit);
}

/** A query of our own to another server. */
export function encodeQuery(asked: DnsAsked, id: number): Buffer {
  return packet.encode({
    type: "query",
    id,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type: asked.type as RecordType, name: asked.name }],
    additionals: [
      { type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
    ],
  }); // prettier-ignore
}

/** Where the question section of a message with one question ends; a name there cannot be compressed. */
function endOfQuestion(bytes: Buffer): number | undefined {
  let at = HEADER;
  for (let size = bytes[at]; size !== 0; size = bytes[at]) {
    if (size === undefined || size > 63) return undefined;
    at += size + 1;
  }
  return at + 5 <= bytes.length ? at + 5 : undefined;
}

/** Header only: for what could not be understood. */
function refusal(bytes: Buffer, rcode: number): Buffer {
  const out = Buffer.alloc(HEADER);
  out.writeUInt16BE(bytes.readUInt16BE(0), 0);
  out.writeUInt16BE(QR | (bytes.readUInt16BE(2) & (OPCODE | RD)) | rcode, 2);
  return out;
}

function assemble(
  query: Query,
  rcode: number,
  flags: number,
  sections: readonly (readonly DnsRecord[])[],
  limit: number,
): Buffer {
  const out = new Writer(query.question, query.name);
  const room = limit - (query.edns === undefined ? 0 : OPT_SIZE);
  const counts = [0, 0, 0];
  let cut = false;
  for (const [i, records] of sections.entries()) {
    for (const record of records) {
      cut ||= !out.add(record, room);
      if (cut) break;
      counts[i] = (counts[i] ?? 0) + 1;
    }
    if (cut) break;
  }
  // Additional records may be omitted silently (RFC 2181 9).
  const [answers = 0, authorities = 0, additionals = 0] = counts;
  const truncated = answers < (sections[0]?.length ?? 0) || authorities < (sections[1]?.length ?? 0);
  if (query.edns !== undefined) out.option(rcode, query.edns.dnssec, query.edns.size);
  const bits = QR | (query.flags & (RD | CD)) | flags | (truncated ? TC : 0) | (rcode & 0xf);
  return out.finish(query.id, bits, [answers, authorities, additionals + (query.edns === undefined ? 0 : 1)]);
}

/** A message that grows record by record; a repeated owner is a pointer to its first occurrence (RFC 1035 4.1.4). */
class Writer {
  readonly #parts: Buffer[];
  readonly #question: Buffer;
  readonly #names = new Map<string, number>();
  #size: number;

  /** `name`: the queried one, which most records belong to. */
  constructor(question: Buffer, name: string) {
    this.#question = question;
    this.#parts = [Buffer.alloc(HEADER), question];
    this.#size = HEADER + question.length;
    if (name !== "") this.#names.set(name, HEADER);
  }

  /** False when there is no room for it. */
  add(record: DnsRecord, room: number): boolean {
    const owner = this.#owner(record.name);
    const rest = body(record);
    if (this.#size + owner.length + rest.length > room) return false;
    if (!this.#names.has(record.name) && this.#size < 0x4000) this.#names.set(record.name, this.#size);
    this.#parts.push(owner, rest);
    this.#size += owner.length + rest.length;
    return true;
  }

  option(rcode: number, dnssec: boolean, size: number): void {
    const option = Buffer.alloc(OPT_SIZE);
    option.writeUInt16BE(41, 1);
    option.writeUInt16BE(Math.min(size, 0xffff), 3);
    option[5] = rcode >> 4;
    option.writeUInt16BE(dnssec ? DNSSEC_OK : 0, 7);
    this.#parts.push(option);
    this.#size += OPT_SIZE;
  }

  finish(id: number, flags: number, counts: readonly [number, number, number]): Buffer {
    const out = Buffer.concat(this.#parts, this.#size);
    out.writeUInt16BE(id, 0);
    out.writeUInt16BE(flags, 2);
    [1, ...counts].forEach((count, i) => out.writeUInt16BE(count, 4 + 2 * i));
    return out;
  }

  #owner(name: string): Buffer {
    const whole = this.#names.get(name);
    if (whole !== undefined) return pointer(whole);
    if (this.#names.size < 2) this.#readQuestion();
    const labels: Buffer[] = [];
    let rest = name === "." ? "" : name.replace(/\.$/, "");
    while (rest !== "") {
      const known = this.#names.get(rest);
      if (known !== undefined) return Buffer.concat([...labels, pointer(known)]);
      const dot = rest.indexOf(".");
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot));
      labels.push(Buffer.from([label.length]), label);
      rest = dot < 0 ? "" : rest.slice(dot + 1);
    }
    return Buffer.concat([...labels, Buffer.from([0])]);
  }

  /** Where each suffix of the question's name is: `svc.cluster.local`, `cluster.local`, `local`. */
  #readQuestion(): void {
    const labels: { readonly at: number; readonly text: string }[] = [];
    for (let at = 0, size = this.#question[0] ?? 0; size > 0; at += size + 1, size = this.#question[at] ?? 0)
      labels.push({ at: HEADER + at, text: this.#question.toString("utf8", at + 1, at + 1 + size) });
    for (const [i, { at }] of labels.entries()) {
      const rest = labels.slice(i).map(({ text }) => text);
      this.#names.set(rest.join("."), at);
    }
  }
}

function pointer(at: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(0xc000 | at);
  return out;
}

/** Type, class, TTL and data. */
function body(record: DnsRecord): Buffer {
  const answer: Answer = { ...record, name: ".", class: "IN" };
  return packet.encode({ answers: [answer] }).subarray(HEADER + 1);
}
