/** Questions and answers over one bound UDP socket; an answer may come later than its question's turn. */
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { closeSocket, SocketMessage } from "../../kernel/socket.ts";
import { answerFrom } from "../serve/local-address.ts";

const MAX_DATAGRAMS = 64;
const message = new SocketMessage(64 * 1024);

export class DatagramSocket {
  readonly #fd: number;
  readonly #ask: (question: Buffer, answer: (bytes: Buffer) => void) => void;
  #open = true;

  /** Takes over a bound socket with IP_PKTINFO or IPV6_RECVPKTINFO. `question` is valid for as long as it is held. */
  constructor(fd: number, ask: (question: Buffer, answer: (bytes: Buffer) => void) => void) {
    this.#fd = fd;
    this.#ask = ask;
    reactor().watch(fd, EPOLLIN, () => this.#receive());
  }

  stop(): void {
    this.#open = false;
    reactor().unwatch(this.#fd);
    closeSocket(this.#fd);
  }

  #receive(): void {
    for (let i = 0; i < MAX_DATAGRAMS && this.#open; i++) {
      const size = message.receive(this.#fd);
      if (size < 0) return; // EAGAIN, or the ICMP error of an earlier answer, which does not matter
      answerFrom(message);
      const peer = Buffer.from(message.name.subarray(0, message.nameLength));
      const control = Buffer.from(message.control.subarray(0, message.controlLength));
      this.#ask(Buffer.from(message.data.subarray(0, size)), (bytes) => this.#send(bytes, peer, control));
    }
  }

  #send(bytes: Buffer, peer: Buffer, control: Buffer): void {
    if (!this.#open || bytes.length > message.data.length) return;
    peer.copy(message.name);
    control.copy(message.control);
    message.nameLength = peer.length;
    message.controlLength = control.length;
    bytes.copy(message.data);
    message.send(this.#fd, bytes.length); // EAGAIN and EPERM are loss, as with any UDP
  }
}
