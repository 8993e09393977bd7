/** A built-in server on a UDP port: one datagram in, one out, from the address that was asked. */
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { decodeSockaddr, formatIPv4, formatIPv6 } from "../../kernel/sockaddr.ts";
import { closeSocket, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, IP_PKTINFO, SocketMessage } from "../../kernel/socket.ts";
import { answerDatagram } from "./answer.ts";
import type { Self } from "./stream-server.ts";

const MAX_DATAGRAMS = 64;
const message = new SocketMessage(64 * 1024);

export class DatagramServer {
  readonly #fd: number;
  readonly #self: Self;

  /** Takes over a bound socket with IP_PKTINFO or IPV6_RECVPKTINFO. */
  constructor(fd: number, self: Self) {
    this.#fd = fd;
    this.#self = self;
    reactor().watch(fd, EPOLLIN, () => this.#answer());
  }

  stop(): void {
    reactor().unwatch(this.#fd);
    closeSocket(this.#fd);
  }

  #answer(): void {
    for (let i = 0; i < MAX_DATAGRAMS; i++) {
      const size = message.receive(this.#fd);
      if (size < 0) return; // EAGAIN, or the ICMP error of an earlier answer, which nobody waits for
      const { address, port } = decodeSockaddr(message.name);
      if (port === 0) continue;
      const { hostname, namespace, node, serverPort, protocol } = this.#self;
      const who = {
        hostname,
        namespace,
        node,
        clientIP: address,
        clientPort: port,
        serverIP: answerFrom(),
        serverPort,
        protocol,
      };
      const answer = answerDatagram(message.data.toString("utf8", 0, size), who);
      message.send(this.#fd, message.data.write(answer)); // what does not fit is cut; EAGAIN and EPERM are loss, as with any UDP
    }
  }
}

/**
 * Turns the received packet info into the one for the answer, and tells the address. The device is left to routing,
 * except for link-local addresses. in_pktinfo: int ifindex, in_addr spec_dst, in_addr addr; in6_pktinfo: in6_addr, int ifindex.
 */
function answerFrom(): string {
  const six = message.findControl(IPPROTO_IPV6, IPV6_PKTINFO);
  if (six >= 0) {
    const linkLocal = message.control[six] === 0xfe && ((message.control[six + 1] ?? 0) & 0xc0) === 0x80;
    if (!linkLocal) message.control.writeUInt32LE(0, six + 16);
    return formatIPv6(message.control, six);
  }
  const four = message.findControl(IPPROTO_IP, IP_PKTINFO);
  if (four < 0) return "";
  message.control.writeUInt32LE(0, four);
  return formatIPv4(message.control, four + 4);
}
