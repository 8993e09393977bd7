/** Which neighbours were asked for while a trace listened, and did not answer: ARP (RFC 826) and neighbour discovery (RFC 4861). */
import { ipText } from "../../net/address-bytes.ts";
import type { UnansweredNeighbour } from "./protocol.ts";
import type { CapturedPacket } from "./order.ts";

const ICMPV6 = 58;
const IPV6_HEADER = 40;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;

interface NeighbourWords {
  readonly asks: boolean;
  /** The address that is asked for, or that answers. */
  readonly address: string;
  /** The address that asks or is answered; `::` in duplicate address detection. */
  readonly other: string;
}

function readArp(bytes: Buffer): NeighbourWords | undefined {
  // htype 1, ptype 0x0800, hlen 6, plen 4, oper; sender MAC, IP; target MAC, IP
  if (bytes.length < 28 || bytes.readUInt32BE(0) !== 0x0001_0800 || bytes.readUInt16BE(4) !== 0x0604) return undefined;
  const asks = bytes.readUInt16BE(6) === 1;
  const [sender, target] = [ipText(bytes, 14, 18), ipText(bytes, 24, 28)];
  return asks ? { asks, address: target, other: sender } : { asks, address: sender, other: target };
}

function readDiscovery(bytes: Buffer): NeighbourWords | undefined {
  if (bytes.length < IPV6_HEADER + 24 || (bytes[0] ?? 0) >> 4 !== 6 || bytes[6] !== ICMPV6) return undefined;
  const type = bytes[IPV6_HEADER];
  if (type !== SOLICITATION && type !== ADVERTISEMENT) return undefined;
  const asks = type === SOLICITATION;
  return {
    asks,
    address: ipText(bytes, IPV6_HEADER + 8, IPV6_HEADER + 24),
    other: asks ? ipText(bytes, 8, 24) : ipText(bytes, 24, 40),
  };
}

/** Each question once, at the device on which it left the asking namespace. Questions about its own address are left out. */
export function unansweredNeighbours(captured: readonly CapturedPacket[]): UnansweredNeighbour[] {
  const asked = new Map<string, UnansweredNeighbour>();
  const answered = new Set<string>();
  for (const { ns, iface, direction, bytes, denied } of captured) {
    if (denied !== undefined) continue;
    const words = readArp(bytes) ?? readDiscovery(bytes);
    if (words === undefined) continue;
    const { asks, address, other } = words;
    if (!asks && direction === "in") answered.add(`${ns} ${iface} ${address}`);
    const isProbe = other === address || other === "0.0.0.0" || other === "::";
    // A bridge that forwards the question comes after the sender.
    if (asks && direction === "out" && !isProbe && !asked.has(`${address} ${other}`))
      asked.set(`${address} ${other}`, { ns, iface, address });
  }
  return [...asked.values()].filter(({ ns, iface, address }) => !answered.has(`${ns} ${iface} ${address}`));
}
