/** DNS questions and answers (RFC 1035) as bytes and as text, for the dns probe and the resolver. */
import { randomInt } from "../../kernel/random.ts";
import packet from "dns-packet";
import type { Answer, RecordType } from "dns-packet";

const RESPONSE = 0x80;

export interface DnsReply {
  readonly rcode: string;
  /** Records of the type asked for, in the answer's order, as dig +short prints them but without trailing dots. */
  readonly answers: readonly string[];
  readonly truncated: boolean;
}

export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Throws Error when the name is none (a label longer than 63 bytes, an empty one). */
export function encodeQuestion(query: string, type: string, id = randomInt(0, 0x10000)): DnsQuestion {
  const name = query.replace(/\.$/, "");
  const labels = name === "" ? [] : name.split(".");
  if (labels.some((label) => label === "" || Buffer.byteLength(label) > 63) || Buffer.byteLength(name) > 253) {
    throw new Error(`'${query}' is not a DNS name`);
  }
  const bytes = packet.encode({
    type: "query",
    id,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type: type.toUpperCase() as RecordType, name: name === "" ? "." : name }],
  });
  return { id, name: name.toLowerCase(), type: type.toUpperCase(), bytes };
}

/** The reply, or undefined when these bytes do not answer this question. */
export function decodeReply(bytes: Buffer, question: DnsQuestion): DnsReply | undefined {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== question.id || ((bytes[2] ?? 0) & RESPONSE) === 0)
    return undefined;
  const rcode = RCODES[(bytes[3] ?? 0) & 0x0f] ?? `RCODE${(bytes[3] ?? 0) & 0x0f}`;
  const truncated = ((bytes[2] ?? 0) & 0x02) !== 0;
  let decoded: packet.DecodedPacket;
  try {
    decoded = packet.decode(bytes);
  } catch {
    // A truncated answer may end within a record (RFC 2181 9); its flags count.
    return truncated || rcode !== "NOERROR" ? { rcode, answers: [], truncated } : undefined;
  }
  const asked = decoded.questions?.[0];
  if (asked === undefined ? rcode === "NOERROR" : !sameQuestion(asked, question)) return undefined;
  const wanted = (decoded.answers ?? []).filter((a) => question.type === "ANY" || a.type === question.type);
  return { rcode, answers: wanted.map(formatAnswer), truncated };
}

function sameQuestion(asked: { name: string; type: string }, question: DnsQuestion): boolean {
  return asked.name.replace(/\.$/, "").toLowerCase() === question.name && asked.type === question.type;
}

const RCODES: Readonly<Record<number, string>> = {
  0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE",
}; // prettier-ignore

function formatAnswer(answer: Answer): string {
  switch (answer.type) {
    case "A":
    case "AAAA":
    case "CNAME":
    case "DNAME":
    case "NS":
    case "PTR":
      return answer.data;
    case "SRV":
      return `${answer.data.priority ?? 0} ${answer.data.weight ?? 0} ${answer.data.port} ${answer.data.target}`;
    case "MX":
      return `${answer.data.preference ?? 0} ${answer.data.exchange}`;
    case "TXT":
      return [answer.data].flat().map(String).join("");
    case "SOA": {
      const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
      return [mname, rname, serial, refresh, retry, expire, minimum].join(" ");
    }
    default:
      return "data" in answer ? JSON.stringify(answer.data) : answer.type;
  }
}
