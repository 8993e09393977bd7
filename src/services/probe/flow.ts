/** What identifies a probe's flow: protocol, both addresses, both ports. */
import { ipText } from "../../net/address-bytes.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import { AF_INET } from "../../kernel/socket.ts";

const IPV6_HEADER = 40;
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132]);

/** One text for each end: `PROTOCOL ADDRESS PORT`. */
export interface FlowEnds {
  readonly from: string;
  readonly to: string;
}

/** `sockaddr`: struct sockaddr_in or sockaddr_in6. */
export function endOfSockaddr(protocol: number, sockaddr: Buffer): string {
  const four = sockaddr.readUInt16LE(0) === AF_INET;
  const address = ipText(sockaddr, four ? 4 : 8, four ? 8 : 24);
  return `${protocol} ${address} ${sockaddr.readUInt16BE(2)}`;
}

export function endOfAddress(protocol: number, address: string, port: number): string {
  return endOfSockaddr(protocol, encodeSockaddr(address, port));
}

/** `packet`: from its IP header on. Undefined: it has no ports, or is too short. */
export function endsOfPacket(packet: Buffer): FlowEnds | undefined {
  const four = (packet[0] ?? 0) >> 4 === 4;
  const header = four ? ((packet[0] ?? 0) & 15) * 4 : IPV6_HEADER;
  const protocol = packet[four ? 9 : 6] ?? 0;
  if (packet.length < header + 4 || !WITH_PORTS.has(protocol)) return undefined;
  const [source, size] = four ? [12, 4] : [8, 16];
  const address = (at: number): string => ipText(packet, at, at + size);
  return {
    from: `${protocol} ${address(source)} ${packet.readUInt16BE(header)}`,
    to: `${protocol} ${address(source + size)} ${packet.readUInt16BE(header + 2)}`,
  };
}
