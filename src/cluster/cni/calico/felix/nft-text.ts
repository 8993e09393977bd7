/**
 * Felix' rules in the syntax of nft(8), each with the hash of itself and of those before it
 * (projectcalico/calico 87c15906, felix/nftables/renderer.go, actions.go, match_builder.go; table_layer.go for the names).
 */
import type { Family } from "../../../../net/family.ts";
import { sha224 } from "../../../../net/digest.ts";
import { commentText } from "./rule.ts";
import type { FelixAction, FelixMatch, FelixRule, PortRange } from "./rule.ts";
import type { FelixTable } from "./tables.ts";

const hex = (bits: number): string => `0x${(bits >>> 0).toString(16)}`;
const inverse = (mask: number): string => hex(~mask);
const PROTOCOLS: Readonly<Record<string, string>> = { "6": "tcp", "17": "udp", "132": "sctp" };
const VERDICTS: Readonly<Record<string, string>> = {
  ACCEPT: "accept",
  DROP: "drop",
  RETURN: "return",
  REJECT: "reject",
  NOTRACK: "notrack",
};
/** knftables' CommentLengthMax. */
const COMMENT = 128;

/** Where a rule stands: one table has the chains of all, each with its table's name before its own. */
export interface NftPlace {
  readonly family: Family;
  readonly table: FelixTable;
  /** Calico before 3.30: logs have their prefix without quotes and colon. */
  readonly oldWords: boolean;
}

/** `filter-cali-FORWARD`. */
export function nftChain(table: FelixTable, name: string): string {
  return name.startsWith(table) ? name : `${table}-${name}`;
}

/** Names have no colons. */
export function nftSet(name: string): string {
  return name.replaceAll(":", "-");
}

function portList(ports: readonly PortRange[]): string {
  return `{ ${ports.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(", ")} }`;
}

/** The protocol whose ports a rule is about. */
function transport(all: readonly FelixMatch[]): string {
  const one = all.find((each) => each.is === "protocol" && each.not !== true);
  const name = one?.is === "protocol" ? String(one.protocol) : "";
  return PROTOCOLS[name] ?? name;
}

function matchText(one: FelixMatch, all: readonly FelixMatch[], { family }: NftPlace): string {
  const ip = family === "ipv4" ? "ip" : "ip6";
  const not = one.not === true ? "!= " : "";
  switch (one.is) {
    case "mark":
      return `meta mark & ${hex(one.mask)} ${one.not === true ? "!=" : "=="} ${one.bits === 0 ? "0" : hex(one.bits)}`;
    case "device":
      return `${one.way === "in" ? "iifname" : "oifname"} ${not}${one.name.replace(/\+$/, "*")}`;
    case "protocol":
      return `meta l4proto ${not}${one.protocol}`;
    case "set": {
      const [address, port] = one.end === "source" ? ["saddr", "sport"] : ["daddr", "dport"];
      return `${ip} ${address}${one.ported ? ` . meta l4proto . th ${port}` : ""} ${not}@${nftSet(one.name)}`;
    }
    case "ports":
      return `${transport(all)} ${one.end === "source" ? "sport" : "dport"} ${not}${portList(one.ports)}`;
    case "port":
      return `${transport(all)} ${one.end === "source" ? "sport" : "dport"} ${not}${one.port}`;
    case "net":
      return `${ip} ${one.end === "source" ? "saddr" : "daddr"} ${not}${one.net}`;
    case "local":
      return `fib ${one.end === "source" ? "saddr" : "daddr"}${one.ofOutDevice === true ? " . oif" : ""} type ${not}local`;
    case "state":
      return `ct ${one.states === "DNAT" ? "status" : "state"} ${not}${one.states.toLowerCase()}`;
    case "icmp": {
      const code = one.code === undefined ? "" : ` code ${not}${one.code}`;
      return `${one.family === "ipv4" ? "icmp" : "icmpv6"} type ${not}${one.type}${code}`;
    }
    case "unanswerable":
      return "fib saddr . mark . iif oif 0";
  }
}

function actionText(one: FelixAction, { table, oldWords }: NftPlace): string {
  switch (one.does) {
    case "jump":
      return VERDICTS[one.target] ?? `jump ${nftChain(table, one.target)}`;
    case "goto":
      return `goto ${nftChain(table, one.target)}`;
    case "mark":
      if (one.zeroAsHex === true || (one.bits !== 0 && one.bits !== one.mask))
        return `meta mark set mark & ${inverse(one.mask)} ^ ${hex(one.bits)}`;
      return one.bits === 0 ? `meta mark set mark & ${inverse(one.mask)}` : `meta mark set mark or ${hex(one.bits)}`;
    case "masquerade":
      return `masquerade${one.ports === undefined ? "" : ` to :${one.ports}`} fully-random`;
    case "snat":
      return `snat to ${one.to} fully-random`;
    case "log":
      return oldWords ? `log prefix ${one.prefix} level info` : `log prefix "${one.prefix}: " level info`;
    case "nflog":
      return `log prefix "${one.prefix}" snaplen 80 group ${one.group}`;
    case "dispatch":
      return `${one.way === "in" ? "iifname" : "oifname"} vmap @${nftChain(table, one.map)}`;
  }
}

/** Without comment: `meta mark & 0x10000 == 0x10000 counter return`. */
export function nftRuleText({ match, action }: FelixRule, place: NftPlace): string {
  const matches = match.map((one) => matchText(one, match, place));
  if (action?.does === "dispatch") return [...matches, actionText(action, place)].join(" ");
  const text = [...matches, ...(action === undefined ? [] : ["counter", actionText(action, place)])].join(" ");
  return text === "" ? "continue" : text;
}

/** What stands behind `cali:` in each rule of a chain. */
export function nftHashes(chain: string, texts: readonly string[]): readonly string[] {
  let hash = sha224(chain);
  return texts.map((text) => {
    hash = sha224(hash, text);
    return hash.toString("base64url").slice(0, 16);
  });
}

/** `cali:42h7Q64_2XDzpwKe; Start of tier default`. */
export function nftComment(hash: string, comments: readonly string[]): string {
  const first = `cali:${hash};`;
  const room = Math.floor((COMMENT - first.length) / Math.max(1, comments.length));
  return [first, ...comments.map((one) => commentText(one).slice(0, room))].join(" ").slice(0, COMMENT);
}
