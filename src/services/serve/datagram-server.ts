/** A built-in server on a UDP port: one datagram in, one out, from the address that was addressed. */
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { decodeSockaddr } from "../../kernel/sockaddr.ts";
import { closeSocket, SocketMessage } from "../../kernel/socket.ts";
import { answerDatagram } from "./answer.ts";
import { answerFrom } from "./local-address.ts";
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
      if (size < 0) return; // EAGAIN, or the ICMP error of an earlier answer, which does not matter
      const { address, port } = decodeSockaddr(message.name);
      if (port === 0) continue;
      const { hostname, namespace, node, serverPort, protocol } = this.#self;
      const who = {
        hostname,
        namespace,
        node,
        clientIP: address,
        clientPort: port,
        serverIP: answerFrom(message),
        serverPort,
        protocol,
      };
      const answer = answerDatagram(message.data.toString("utf8", 0, size), who);
      message.send(this.#fd, message.data.write(answer)); // what does not fit is cut; EAGAIN and EPERM are loss, as with any UDP
    }
  }
}
