/** An attempt over TCP: connect, run the dialogue, distinguish refused, reset, timeout and unreachable. */
import { constants } from "node:os";
import { EPOLLIN, EPOLLOUT, reactor } from "../../kernel/reactor.ts";
import { errnoName } from "../../kernel/libc.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import {
  closeSocket,
  connectSocket,
  EAGAIN,
  EINPROGRESS,
  interfaceIndex,
  IPPROTO_TCP,
  receiveSocket,
  sendSocket,
  setAbortiveClose,
  setInitialSequence,
  SOCK_STREAM,
  socketError,
  socketName,
} from "../../kernel/socket.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import type { Dialogue } from "./dialogue.ts";
import { outcomeOf } from "./outcome.ts";
import { openProbeSocket } from "./probe-socket.ts";

const incoming = Buffer.from(new ArrayBuffer(64 * 1024));
const { ENOTCONN } = constants.errno;

export class StreamAttempt implements Attempt {
  readonly #target: AttemptTarget;
  readonly #dialogue: Dialogue;
  readonly #finish: (finding: AttemptResult) => void;
  #fd = -1;
  #sent = 0;
  #connected = false;
  #watching = 0;
  #patience: NodeJS.Timeout | undefined;

  constructor(target: AttemptTarget, dialogue: Dialogue, finish: (finding: AttemptResult) => void) {
    this.#target = target;
    this.#dialogue = dialogue;
    this.#finish = finish;
  }

  open(): void {
    const { address, port, marks, onLocalPort, onSource } = this.#target;
    this.#fd = openProbeSocket(address, SOCK_STREAM);
    if (this.#fd < 0) return this.#fail(-this.#fd);
    if (marks !== undefined) setInitialSequence(this.#fd, marks.sequence);
    const result = connectSocket(this.#fd, encodeSockaddr(address, port, interfaceIndex));
    if (result < 0 && result !== -EINPROGRESS) return this.#fail(-result);
    onSource?.(IPPROTO_TCP, socketName(this.#fd));
    onLocalPort?.(socketName(this.#fd).readUInt16BE(2));
    // A refusal that arrives while connect(2) is still sending is a soft error, reported only on request; the kernel
    // itself would first send the SYN again, a second later (net/ipv4/tcp_ipv4.c, tcp_v4_err).
    const error = result < 0 ? socketError(this.#fd) : 0;
    if (error !== 0) return this.#fail(error);
    // On one machine the handshake is often over when connect(2) returns: try at once, saving an event.
    this.#send();
  }

  expire(): void {
    if (this.#connected) this.#end(this.#dialogue.silence());
    else this.#end({ outcome: "timeout" });
  }

  #ready(): void {
    if (this.#sent < this.#dialogue.request.length) {
      const error = this.#connected ? 0 : socketError(this.#fd);
      if (error !== 0) return this.#fail(error);
      return this.#send();
    }
    this.#receive();
  }

  #send(): void {
    const { request } = this.#dialogue;
    while (this.#sent < request.length) {
      const n = sendSocket(this.#fd, this.#sent === 0 ? request : request.subarray(this.#sent));
      if (n === -EAGAIN || n === -ENOTCONN) return this.#watch(EPOLLOUT);
      if (n < 0) return this.#fail(-n);
      this.#connected = true;
      this.#sent += n;
    }
    this.#watch(EPOLLIN);
    const { patience } = this.#dialogue;
    if (patience !== undefined) this.#patience ??= setTimeout(() => this.expire(), patience);
  }

  #receive(): void {
    for (;;) {
      const size = receiveSocket(this.#fd, incoming);
      if (size === -EAGAIN) return;
      if (size < 0) return this.#fail(-size);
      const finding = size === 0 ? this.#dialogue.end() : this.#dialogue.take(incoming.subarray(0, size));
      if (finding !== undefined) return this.#end(finding);
    }
  }

  #watch(events: number): void {
    if (this.#watching === events) return;
    if (this.#watching === 0) reactor().watch(this.#fd, events, () => this.#ready());
    else reactor().rewatch(this.#fd, events);
    this.#watching = events;
  }

  #fail(errno: number): void {
    // ENOPROTOOPT and the like before the handshake are answers too (ICMP protocol unreachable)
    this.#end(
      this.#connected && errno === constants.errno.ECONNREFUSED
        ? { outcome: "reset", error: errnoName(errno) }
        : outcomeOf(errno),
    );
  }

  #end(finding: AttemptResult): void {
    clearTimeout(this.#patience);
    if (this.#fd >= 0) {
      reactor().unwatch(this.#fd);
      if (this.#target.abortive) setAbortiveClose(this.#fd);
      closeSocket(this.#fd);
      this.#fd = -1;
    }
    this.#finish(finding);
  }
}
