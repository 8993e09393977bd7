/** Decides whether a packet is what a PacketMatch describes, and if not, which field differs. */
import { addressMatches } from "../net/families.ts";
import type { PacketMatch } from "./packet-match.ts";
import type { Family } from "../net/family.ts";
import { icmpMatches } from "./icmp.ts";
import type { CapturedPacket, Packet } from "./packet.ts";

/** A PacketMatch whose addresses are literals (or prefixes) of one family. */
export interface ResolvedMatch extends Omit<PacketMatch, "src" | "dst" | "inner"> {
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
  readonly inner?: ResolvedMatch | undefined;
}

/** A field that is not as it should be. */
export interface Mismatch {
  /** `src`, `inner dport`. */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** Addresses of targets are taken in `family`; a target that has none there is reported in `problem`. */
export function resolveMatch(match: PacketMatch, family: Family): { match: ResolvedMatch } | { problem: string } {
  const { src, dst, inner, ...rest } = match;
  const problems: string[] = [];
  const address = (side: PacketMatch["src"]): string | undefined => {
    if (side === undefined || typeof side === "string") return side;
    const found = side.addresses[family];
    if (found === undefined) problems.push(`${side.text} has no ${family} address`);
    return found;
  };
  const resolvedInner = inner === undefined ? undefined : resolveMatch(inner, family);
  if (resolvedInner !== undefined && "problem" in resolvedInner) problems.push(resolvedInner.problem);
  const resolved: ResolvedMatch = {
    ...rest,
    src: address(src),
    dst: address(dst),
    inner: resolvedInner !== undefined && "match" in resolvedInner ? resolvedInner.match : undefined,
  };
  return problems.length > 0 ? { problem: problems.join("; ") } : { match: resolved };
}

/** All fields that differ; none: the packet matches. */
export function mismatches(captured: CapturedPacket, match: ResolvedMatch): Mismatch[] {
  const found: Mismatch[] = [];
  // A place without an interface stands for all of them.
  if (match.at !== undefined && captured.place !== match.at && !captured.place.startsWith(`${match.at}/`))
    found.push({ field: "at", expected: match.at, got: captured.place });
  return [...found, ...packetMismatches(captured.packet, match)];
}

/** The packet in a tunnel. */
export function innerPacket({ vxlan, tunnel }: Packet): Packet | undefined {
  return vxlan?.inner ?? tunnel?.inner;
}

export function packetFamily(packet: Packet): Family | undefined {
  return packet.ip?.family ?? (packet.arp === undefined ? undefined : "ipv4");
}

/** The innermost protocol of IP's payload, in the terms of PacketMatch. */
export function packetProtocol(packet: Packet): string {
  if (packet.arp !== undefined) return "arp";
  const numbers: Readonly<Record<number, string>> = {
    1: "icmp",
    4: "ipip",
    6: "tcp",
    17: "udp",
    41: "ipv6",
    47: "gre",
    50: "esp",
    58: "icmpv6",
    132: "sctp",
  };
  const number = packet.ip?.protocol;
  return number === undefined ? "none" : (numbers[number] ?? `protocol ${number}`);
}

type Field = keyof Omit<ResolvedMatch, "at" | "inner">;
type Comparison = (packet: Packet, wanted: string) => { ok: boolean; got: string };

/** Missing layers show as `none`. Addresses and ports are those of the outermost IP packet; ARP counts sender and target. */
const FIELDS = {
  src: (packet, wanted) => compareAddress(packet.ip?.src ?? packet.arp?.senderIp, wanted),
  dst: (packet, wanted) => compareAddress(packet.ip?.dst ?? packet.arp?.targetIp, wanted),
  sport: (packet, wanted) => compareText((packet.tcp ?? packet.udp ?? packet.sctp)?.sport, wanted),
  dport: (packet, wanted) => compareText((packet.tcp ?? packet.udp ?? packet.sctp)?.dport, wanted),
  protocol: (packet, wanted) => compareText(packetProtocol(packet), wanted),
  family: (packet, wanted) => compareText(packetFamily(packet), wanted),
  ttl: (packet, wanted) => compareText(packet.ip?.ttl, wanted),
  icmpType: (packet, wanted) => {
    const { icmp, ip } = packet;
    if (icmp === undefined || ip === undefined) return { ok: false, got: packetProtocol(packet) };
    return { ok: icmpMatches(wanted, ip.family, icmp.type, icmp.code), got: icmp.name };
  },
  flags: (packet, wanted) => {
    const flags = packet.tcp?.flags;
    if (flags === undefined) return { ok: false, got: packetProtocol(packet) };
    const names = wanted
      .toUpperCase()
      .split(/[\s,+|]+/)
      .filter((name) => name !== "");
    return { ok: names.every((name) => flags.includes(name)), got: flags.join(",") || "none" };
  },
  srcMac: (packet, wanted) => compareText(packet.link?.srcMac, wanted.toLowerCase()),
  dstMac: (packet, wanted) => compareText(packet.link?.dstMac, wanted.toLowerCase()),
  arpOp: (packet, wanted) => compareText(packet.arp?.op, wanted),
  vni: (packet, wanted) => compareText(packet.vxlan?.vni, wanted),
  vlan: (packet, wanted) => compareText(packet.link?.vlans[0], wanted),
  dns: ({ dns }, wanted) => comparePart(dns, wanted),
  http: ({ http }, wanted) => comparePart(http, wanted),
  tls: ({ tls }, wanted) => comparePart(tls, wanted),
  wireguard: ({ wireguard }, wanted) => comparePart(wireguard, wanted),
  esp: ({ esp }, wanted) => comparePart(esp, wanted),
} satisfies Record<Field, Comparison>;

function packetMismatches(packet: Packet, match: ResolvedMatch): Mismatch[] {
  const found: Mismatch[] = [];
  for (const field of Object.keys(FIELDS) as Field[]) {
    const wanted = match[field];
    if (wanted === undefined) continue;
    const { ok, got } = FIELDS[field](packet, String(wanted));
    if (!ok) found.push({ field, expected: String(wanted), got });
  }
  if (match.inner !== undefined) {
    const carried = innerPacket(packet);
    if (carried === undefined)
      found.push({ field: "inner", expected: "a packet in a tunnel", got: packetProtocol(packet) });
    else {
      for (const inner of packetMismatches(carried, match.inner))
        found.push({ ...inner, field: `inner ${inner.field}` });
    }
  }
  return found;
}

function compareText(got: string | number | undefined, wanted: string): { ok: boolean; got: string } {
  const text = got === undefined ? "none" : String(got);
  return { ok: text === wanted, got: text };
}

function comparePart(got: string | undefined, wanted: string): { ok: boolean; got: string } {
  return { ok: got?.includes(wanted) === true, got: got ?? "none" };
}

function compareAddress(got: string | undefined, wanted: string): { ok: boolean; got: string } {
  return got === undefined ? { ok: false, got: "none" } : { ok: addressMatches(got, wanted), got };
}
