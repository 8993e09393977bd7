/** Names of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4861) messages, and which names mean the same in both families. */
import type { Family } from "../net/family.ts";

const ICMP: Readonly<Record<number, string>> = {
  0: "echo-reply",
  3: "unreachable",
  4: "source-quench",
  5: "redirect",
  8: "echo-request",
  9: "router-advertisement",
  10: "router-solicitation",
  11: "ttl-exceeded",
  12: "parameter-problem",
  13: "timestamp-request",
  14: "timestamp-reply",
};

const ICMPV6: Readonly<Record<number, string>> = {
  1: "unreachable",
  2: "packet-too-big",
  3: "ttl-exceeded",
  4: "parameter-problem",
  128: "echo-request",
  129: "echo-reply",
  130: "multicast-listener-query",
  131: "multicast-listener-report",
  132: "multicast-listener-done",
  133: "router-solicitation",
  134: "router-advertisement",
  135: "neighbor-solicitation",
  136: "neighbor-advertisement",
  137: "redirect",
  143: "multicast-listener-report-v2",
};

/** One name for what has two, or a different one in each family. */
const SYNONYMS: Readonly<Record<string, string>> = {
  "packet-too-big": "frag-needed",
  toobig: "frag-needed",
  "fragmentation-needed": "frag-needed",
  "time-exceeded": "ttl-exceeded",
  "destination-unreachable": "unreachable",
  "neighbour-solicitation": "neighbor-solicitation",
  "neighbour-advertisement": "neighbor-advertisement",
};

/** ICMP destination unreachable, code 4: fragmentation needed and DF set. */
export function isFragNeeded(family: Family, type: number, code: number): boolean {
  return family === "ipv4" ? type === 3 && code === 4 : type === 2;
}

export function isIcmpError(family: Family, type: number): boolean {
  return family === "ipv4" ? [3, 4, 5, 11, 12].includes(type) : type < 128;
}

export function icmpName(family: Family, type: number, code: number): string {
  if (family === "ipv4" && isFragNeeded(family, type, code)) return "frag-needed";
  return (family === "ipv4" ? ICMP : ICMPV6)[type] ?? String(type);
}

/** Why a destination is unreachable, in tcpdump's terms. */
export function unreachableReason(family: Family, code: number): string {
  const v4: Readonly<Record<number, string>> = {
    0: "net",
    1: "host",
    2: "protocol",
    3: "port",
    5: "source route",
    9: "net prohibited",
    10: "host prohibited",
    13: "administratively prohibited",
  };
  const v6: Readonly<Record<number, string>> = {
    0: "no route",
    1: "administratively prohibited",
    2: "beyond scope",
    3: "address",
    4: "port",
    5: "source policy",
    6: "reject route",
  };
  return (family === "ipv4" ? v4 : v6)[code] ?? `code ${code}`;
}

/** `unreachable` stands for every code, also frag-needed; names are the same for both families. */
export function icmpMatches(wanted: string | number, family: Family, type: number, code: number): boolean {
  if (typeof wanted === "number" || /^\d+$/.test(wanted)) return Number(wanted) === type;
  const name = SYNONYMS[wanted.toLowerCase()] ?? wanted.toLowerCase();
  if (name === "frag-needed") return isFragNeeded(family, type, code);
  if (name === "unreachable") return family === "ipv4" ? type === 3 : type === 1;
  return name === icmpName(family, type, code);
}
