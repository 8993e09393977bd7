/** A DNS message in one line, in tcpdump's manner: `A? example.com`, `NOERROR A 203.0.113.10`. */
import { decode, type Answer } from "dns-packet";

/** Undefined when the bytes are not a DNS message. */
export function formatDns(data: Uint8Array): string | undefined {
  if (data.length < 12) return undefined;
  try {
    const message = decode(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const question = message.questions?.map((q) => `${q.type}? ${q.name}`).join(", ") ?? "";
    if (message.type !== "response") return question === "" ? undefined : question;
    const rcode = (message as { rcode?: string }).rcode ?? "NOERROR";
    const answers = (message.answers ?? []).map(formatAnswer).join(", ");
    return `${question} ${rcode}${answers === "" ? "" : ` ${answers}`}`;
  } catch {
    return undefined; // cut by the snap length, or another protocol on port 53
  }
}

/** The first message of a segment: each begins with its length (RFC 1035, section 4.2.2). */
export function formatDnsOverTcp(data: Uint8Array): string | undefined {
  const length = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  return formatDns(data.subarray(2, 2 + length));
}

/** Of types that are rare in a cluster nothing but the name. */
function formatAnswer(answer: Answer): string {
  switch (answer.type) {
    case "A":
    case "AAAA":
    case "CNAME":
    case "NS":
    case "PTR":
      return `${answer.type} ${answer.data}`;
    case "SRV": {
      const { target, port, priority = 0, weight = 0 } = answer.data;
      return `SRV ${target}:${port} ${priority} ${weight}`;
    }
    case "MX":
      return `MX ${answer.data.exchange} ${answer.data.preference ?? 0}`;
    case "TXT":
      return `TXT ${[answer.data]
        .flat()
        .map((text) => JSON.stringify(String(text)))
        .join(" ")}`;
    default:
      return answer.type;
  }
}
