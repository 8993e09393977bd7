/**
 * Turns a name into an address as a program in the namespace would: hosts file first, then DNS by resolv.conf(5) with
 * search list and ndots. Node's own lookup would ask the host's resolver in the host's namespace.
 */
import { messageOf } from "../../errors.ts";
import type { Family } from "../../net/family.ts";
import { literalFamily } from "../../kernel/sockaddr.ts";
import type { AttemptResult } from "./attempt.ts";
import { encodeQuestion, type DnsReply } from "./dns-message.ts";

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
  readonly timeoutMs: number;
  readonly attempts: number;
}

/** resolv.conf(5): at most three nameservers, the last of `search` and `domain` counts. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: string[] = [];
  const options: Record<string, number> = { ndots: 1, timeout: 5, attempts: 2 };
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && words[0] !== undefined && nameservers.length < 3) nameservers.push(words[0]);
    else if (keyword === "search") search = words.map((w) => w.replace(/\.$/, "")).filter((w) => w !== "");
    else if (keyword === "domain") search = words.slice(0, 1);
    else if (keyword === "options") {
      for (const word of words) {
        const [name = "", value = ""] = word.split(":");
        if (name in options && /^\d+$/.test(value)) options[name] = Number(value);
      }
    }
  }
  const { ndots = 1, timeout = 5, attempts = 2 } = options;
  return {
    nameservers,
    search,
    ndots: Math.min(ndots, 15),
    timeoutMs: Math.max(timeout, 1) * 1000,
    attempts: Math.max(attempts, 1),
  };
}

/** hosts(5): the addresses of a name in the file's order. */
export function lookupHosts(text: string, name: string): string[] {
  const wanted = name.replace(/\.$/, "").toLowerCase();
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    if (address !== undefined && names.some((n) => n.toLowerCase() === wanted)) found.push(address);
  }
  return found;
}

/** The names to query, in order, as res_search(3) does. */
export function searchNames(name: string, conf: ResolvConf): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const dots = name.split(".").length - 1;
  const searched = conf.search.map((domain) => `${name}.${domain}`);
  return dots >= conf.ndots ? [name, ...searched] : [...searched, name];
}

/** Sends one question to one nameserver from within the namespace. */
export type Ask = (
  server: string,
  question: ReturnType<typeof encodeQuestion>,
  timeout: number,
) => Promise<AttemptResult>;

export type Resolution = { readonly addresses: readonly string[] } | { readonly failure: AttemptResult };

const failed = (outcome: AttemptResult["outcome"], error: string): Resolution => ({ failure: { outcome, error } });

/** `family` undefined: IPv4 if the name has it, else IPv6. `isOver`: whether its caller has given up. */
export async function resolveName(
  name: string,
  family: Family | undefined,
  source: { hosts: string | undefined; resolvConf: string | undefined; ask: Ask; isOver: () => boolean },
): Promise<Resolution> {
  const wanted: readonly Family[] = family === undefined ? ["ipv4", "ipv6"] : [family];
  const local = lookupHosts(source.hosts ?? "", name).filter((a) => wanted.includes(literalFamily(a) ?? "ipv4"));
  if (local.length > 0) return { addresses: byFamily(local) };
  if (name.toLowerCase().replace(/\.$/, "") === "localhost") {
    return { addresses: wanted.map((f) => (f === "ipv4" ? "127.0.0.1" : "::1")) }; // RFC 6761 6.3
  }
  const conf = parseResolvConf(source.resolvConf ?? "");
  if (conf.nameservers.length === 0)
    return failed("noname", `no such name in the hosts file, and no nameserver in resolv.conf`);
  let last = "";
  for (const candidate of searchNames(name, conf)) {
    let answers: Answered[];
    try {
      answers = await Promise.all(wanted.map((f) => askServers(candidate, f === "ipv4" ? "A" : "AAAA", conf, source)));
    } catch (error) {
      if (!(error instanceof NotAName)) throw error;
      last = error.message;
      continue;
    }
    const addresses = answers.flatMap((a) => ("reply" in a ? a.reply.answers : []));
    if (addresses.length > 0) return { addresses: byFamily(addresses) };
    const silent = answers.find((a) => "failure" in a);
    if (silent !== undefined) return silent;
    last = answers.map((a) => ("reply" in a ? a.reply.rcode : "")).find((r) => r !== "NOERROR") ?? "NODATA";
  }
  return failed("noname", last === "" ? "NXDOMAIN" : last);
}

class NotAName extends Error {}

type Answered = { readonly reply: DnsReply } | { readonly failure: AttemptResult };

/** The first usable answer of the nameservers in turn. */
async function askServers(
  name: string,
  type: string,
  conf: ResolvConf,
  source: { ask: Ask; isOver: () => boolean },
): Promise<Answered> {
  let refusal: DnsReply | undefined;
  let failure: AttemptResult = { outcome: "timeout", error: "EAI_AGAIN: no time left to ask a nameserver" };
  for (let round = 0; round < conf.attempts; round++) {
    for (const server of conf.nameservers) {
      if (source.isOver()) return { failure };
      let question: ReturnType<typeof encodeQuestion>;
      try {
        question = encodeQuestion(name, type);
      } catch (error) {
        throw new NotAName(messageOf(error));
      }
      const found = await source.ask(server, question, conf.timeoutMs);
      if (found.dns !== undefined) {
        const { rcode, answers, truncated } = found.dns;
        if (rcode === "NOERROR" || rcode === "NXDOMAIN") return { reply: { rcode, answers, truncated } };
        refusal = found.dns; // SERVFAIL, REFUSED: the next server may know
        continue;
      }
      const why = found.outcome === "timeout" ? "no answer" : (found.error ?? found.outcome);
      failure = {
        outcome: found.outcome === "timeout" ? "timeout" : "noname",
        error: `EAI_AGAIN: ${why} from nameserver ${server}`,
      };
    }
  }
  return refusal === undefined ? { failure } : { reply: refusal };
}

function byFamily(addresses: readonly string[]): string[] {
  return [...addresses].sort((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
}
