/** A DNS message in one line, in tcpdump's manner: `A? example.com`, `NOERROR A 203.0.113.10`. */
import { decode } from "dns-packet";
import type { Answer } from "dns-packet";

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

function formatAnswer(answer: Answer): string {
  const data = "data" in answer ? answer.data : undefined;
  return `${answer.type} ${typeof data === "string" ? data : JSON.stringify(data)}`;
}
