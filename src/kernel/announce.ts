/** Gratuitous ARP (RFC 5227) and unsolicited neighbour advertisements (RFC 4861 7.2.6): "this address is at my MAC now". */
import { ipBytes, macBytes } from "./address.ts";
import { enterNetns } from "./netns.ts";
import { getLink } from "./rtnl/link-state.ts";
import type { Rtnl } from "./rtnl.ts";
import { AF_PACKET, bindSocket, closeSocket, openSocket, sendSocket, SOCK_RAW } from "./socket.ts";

const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;

function word(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

function arp(mac: Uint8Array, ip: Uint8Array): readonly number[] {
  const broadcast = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const request = [...word(1), ...word(0x0800), 6, 4, ...word(1)];
  return [...broadcast, ...mac, ...word(ETHERTYPE_ARP), ...request, ...mac, ...ip, 0, 0, 0, 0, 0, 0, ...ip];
}

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** To all nodes, with the override flag and the link-layer address as option. */
function advertisement(mac: Uint8Array, ip: Uint8Array): readonly number[] {
  const allNodes = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const message = (sum: number): number[] => [136, 0, ...word(sum), 0x20, 0, 0, 0, ...ip, 2, 1, ...mac];
  const { length } = message(0);
  const sum = checksum([...ip, ...allNodes, 0, 0, ...word(length), 0, 0, 0, ICMPV6, ...message(0)]);
  const header = [0x60, 0, 0, 0, ...word(length), ICMPV6, 255, ...ip, ...allNodes];
  return [0x33, 0x33, 0, 0, 0, 1, ...mac, ...word(ETHERTYPE_IPV6), ...header, ...message(sum)];
}

/**
 * Neighbours on `dev` that have the address update it at once; the others ask when they need it. One frame,
 * not awaited: where it cannot be sent, caches expire within a minute.
 */
export function announceAddress(rtnl: Rtnl, dev: string, address: string): void {
  const link = getLink(rtnl, dev);
  if (link === undefined) return;
  const mac = macBytes(link.mac);
  const ip = ipBytes(address);
  const frame = ip.length === 4 ? arp(mac, ip) : advertisement(mac, ip);
  const fd = enterNetns(rtnl.netns, () => openSocket(AF_PACKET, SOCK_RAW));
  if (fd < 0) return;
  // sockaddr_ll: u16 family, be16 protocol (0: nothing is received), int ifindex.
  const place = Buffer.alloc(20);
  place.writeUInt16LE(AF_PACKET, 0);
  place.writeInt32LE(link.index, 4);
  if (bindSocket(fd, place) >= 0) sendSocket(fd, Buffer.from(frame));
  closeSocket(fd);
}
