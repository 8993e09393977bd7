/** A built-in server on a UDP port: one datagram in, one out, from the address that was addressed. */
import { answerDatagram } from "./answer.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import type { Self } from "./stream-server.ts";

/** Takes over a bound socket with IP_PKTINFO or IPV6_RECVPKTINFO. */
export function serveDatagrams(fd: number, { probed: _probed, health: _health, ...self }: Self): DatagramSocket {
  return new DatagramSocket(fd, ({ bytes, from, to }, answer) => {
    if (from.port === 0) return;
    const who = { ...self, clientIP: from.address, clientPort: from.port, serverIP: to };
    answer(Buffer.from(answerDatagram(bytes.toString("utf8"), who)));
  });
}
