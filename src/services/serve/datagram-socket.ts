/** Questions and answers over one bound UDP socket; an answer may come later than its question's turn. */
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { decodeSockaddr, type SocketAddress } from "../../kernel/sockaddr.ts";
import { closeSocket, SocketMessage, type ReturnPath } from "../../kernel/socket.ts";
import { answerFrom } from "./local-address.ts";

const MAX_DATAGRAMS = 64;
const message = new SocketMessage(64 * 1024);

export interface Question {
  /** Valid for as long as it is held. */
  readonly bytes: Buffer;
  readonly from: SocketAddress;
  /** The address that was asked. */
  readonly to: string;
}

export class DatagramSocket {
  readonly #fd: number;
  readonly #ask: (question: Question, answer: (bytes: Buffer) => void) => void;
  #open = true;

  /** Takes over a bound socket with IP_PKTINFO or IPV6_RECVPKTINFO. */
  constructor(fd: number, ask: (question: Question, answer: (bytes: Buffer) => void) => void) {
    this.#fd = fd;
    this.#ask = ask;
    reactor().watch(fd, EPOLLIN, () => this.#receive());
  }

  /** What comes meanwhile waits in the kernel, as far as there is room. */
  pause(paused: boolean): void {
    reactor().rewatch(this.#fd, paused ? 0 : EPOLLIN);
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
      const to = answerFrom(message);
      const path = message.returnPath();
      const question = { bytes: Buffer.from(message.data.subarray(0, size)), from: decodeSockaddr(message.name), to };
      this.#ask(question, (bytes) => this.#send(bytes, path));
    }
  }

  #send(bytes: Buffer, path: ReturnPath): void {
    if (!this.#open || bytes.length > message.data.length) return;
    bytes.copy(message.data);
    message.sendBack(this.#fd, path, bytes.length); // EAGAIN and EPERM are loss, as with any UDP
  }
}
