/**
 * The udp probe: one datagram with a random token. Open means an answer; the token distinguishes this probe's answer from one
 * to an earlier datagram. Refused is an ICMP port unreachable on the connected socket.
 */
import { joinHostPort } from "../../net/host-port.ts";
import {
  IPPROTO_UDP,
  closeSocket,
  connectSocket,
  EAGAIN,
  interfaceIndex,
  receiveSocket,
  sendSocket,
  SOCK_DGRAM,
  socketName,
} from "../../kernel/socket.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import { UDP_PROBE } from "../serve/answer.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import { outcomeOf } from "./outcome.ts";
import { openProbeSocket, receiveErrors } from "./probe-socket.ts";

const incoming = Buffer.from(new ArrayBuffer(64 * 1024));

/** What is sent, and what an answer means; undefined: not the answer to this probe, keep waiting. */
export interface Exchange {
  readonly request: Buffer;
  take(answer: Buffer): AttemptResult | undefined;
}

export class DatagramAttempt implements Attempt {
  readonly #target: AttemptTarget;
  readonly #exchange: Exchange;
  readonly #finish: (finding: AttemptResult) => void;
  #fd = -1;

  constructor(target: AttemptTarget, exchange: Exchange, finish: (finding: AttemptResult) => void) {
    this.#target = target;
    this.#exchange = exchange;
    this.#finish = finish;
  }

  open(): void {
    const { address, port, onLocalPort, onSource } = this.#target;
    this.#fd = openProbeSocket(address, SOCK_DGRAM);
    if (this.#fd < 0) return this.#end(outcomeOf(-this.#fd));
    receiveErrors(this.#fd, address);
    const connected = connectSocket(this.#fd, encodeSockaddr(address, port, interfaceIndex));
    if (connected < 0) return this.#end(outcomeOf(-connected));
    onSource?.(IPPROTO_UDP, socketName(this.#fd));
    onLocalPort?.(socketName(this.#fd).readUInt16BE(2));
    const sent = sendSocket(this.#fd, this.#exchange.request);
    if (sent < 0 && sent !== -EAGAIN) return this.#end(outcomeOf(-sent));
    reactor().watch(this.#fd, EPOLLIN, () => this.#receive());
  }

  expire(): void {
    this.#end({ outcome: "timeout" });
  }

  #receive(): void {
    for (;;) {
      const size = receiveSocket(this.#fd, incoming);
      if (size === -EAGAIN) return;
      const finding = size < 0 ? outcomeOf(-size) : this.#exchange.take(incoming.subarray(0, size));
      if (finding !== undefined) return this.#end(finding);
    }
  }

  #end(finding: AttemptResult): void {
    if (this.#fd >= 0) {
      reactor().unwatch(this.#fd);
      closeSocket(this.#fd);
      this.#fd = -1;
    }
    this.#finish(finding);
  }
}

export class UdpExchange implements Exchange {
  readonly request: Buffer;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
    this.request = Buffer.from(`${UDP_PROBE} ${token}\n`);
  }

  take(answer: Buffer): AttemptResult | undefined {
    const text = answer.toString("utf8");
    if (!text.includes(this.#token)) {
      // Another probe's answer, late; a server that does not repeat what it was sent has answered nevertheless.
      return text.includes(UDP_PROBE) ? undefined : { outcome: "open" };
    }
    try {
      const { hostname, clientIP, serverIP, serverPort } = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (typeof hostname === "string" && typeof clientIP === "string") {
        const server =
          typeof serverIP === "string" && typeof serverPort === "number"
            ? joinHostPort(serverIP, serverPort)
            : undefined;
        return { outcome: "open", hostname, sourceIP: clientIP, server };
      }
    } catch {
      // an echo server
    }
    return { outcome: "open" };
  }
}
