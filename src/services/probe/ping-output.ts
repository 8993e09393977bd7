/** What iputils' ping prints, read back (iputils 20180629 and later, in the C locale). */
import type { AttemptResult } from "./attempt.ts";

/** The finding of a ping that has ended. `sent` is 0 when it could not send at all. */
export function parsePing(stdout: string, stderr: string): AttemptResult {
  const text = `${stdout}\n${stderr}`;
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(text);
  const sent = Number(counts?.[1] ?? 0);
  const received = Number(counts?.[2] ?? [...text.matchAll(/bytes from .*icmp_seq=/g)].length);
  const ttl = number(/bytes from .* ttl=(\d+)/.exec(text)?.[1]);
  const rttMs = number(
    /min\/avg\/max(?:\/mdev)? = [\d.]+\/([\d.]+)\//.exec(text)?.[1] ?? /time=([\d.]+) ms/.exec(text)?.[1],
  );
  const mtu = number(/(?:mtu ?= ?)(\d+)/i.exec(text)?.[1]);
  const complaint = /^From (\S+?):? (?:\([^)]*\) )?icmp_seq=\d+ (.+)$/m.exec(text);
  const local = /^ping: (?:connect|sendmsg|local error|bind|sendto)?:? ?(.+)$/m.exec(text)?.[1];
  const from = complaint?.[1];
  const message = complaint?.[2]?.trim() ?? local?.trim();
  const ping = { sent, received, ttl, rttMs, mtu, from, message };
  if (received > 0) return { outcome: "open", ping };
  if (/name or service not known|unknown host|Temporary failure in name/i.test(text))
    return { outcome: "noname", error: message, ping };
  if (mtu !== undefined || /message too long|packet too big|frag(mentation)? needed/i.test(text))
    return { outcome: "toobig", error: message, ping };
  if (message !== undefined && UNREACHABLE.test(message)) return { outcome: "unreachable", error: message, ping };
  return { outcome: "timeout", error: message, ping };
}

/** `ping broadcast?` is its message for EACCES, which a prohibit route returns. */
const UNREACHABLE =
  /unreachable|prohibited|filtered|not permitted|permission denied|no route|cannot assign|time to live exceeded|hop limit|invalid argument|address family not supported|ping broadcast|administratively|policy/i;

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
