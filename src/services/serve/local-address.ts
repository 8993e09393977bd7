/** The source address of a datagram's answer: the request's destination, however many the namespace has. */
import { ipText } from "../../net/address-bytes.ts";
import { formatIPv6 } from "../../kernel/sockaddr.ts";
import { IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, IP_PKTINFO, type SocketMessage } from "../../kernel/socket.ts";

/**
 * Turns the received packet info into the one for the answer, and returns the address. The device is left to routing,
 * except for link-local addresses. in_pktinfo: int ifindex, in_addr spec_dst, in_addr addr; in6_pktinfo: in6_addr, int ifindex.
 */
export function answerFrom(message: SocketMessage): string {
  const six = message.findControl(IPPROTO_IPV6, IPV6_PKTINFO);
  if (six >= 0) {
    const linkLocal = message.control[six] === 0xfe && ((message.control[six + 1] ?? 0) & 0xc0) === 0x80;
    if (!linkLocal) message.control.writeUInt32LE(0, six + 16);
    return formatIPv6(message.control, six);
  }
  const four = message.findControl(IPPROTO_IP, IP_PKTINFO);
  if (four < 0) return "";
  message.control.writeUInt32LE(0, four);
  return ipText(message.control, four + 4, four + 8);
}
