/**
 * The sctp probe: one INIT over a raw socket, so that it needs no SCTP in the kernel. INIT ACK is open, ABORT is refused, and
 * so is "protocol unreachable": the packet reached a host that has no SCTP, which is all that a policy can decide.
 */
import { randomInt } from "../../kernel/random.ts";
import { constants } from "node:os";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { encodeSockaddr } from "../../kernel/sockaddr.ts";
import {
  closeSocket,
  connectSocket,
  EAGAIN,
  interfaceIndex,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPV6_RECVERR,
  receiveSocket,
  sendSocket,
  SOCK_RAW,
  SocketMessage,
  socketName,
} from "../../kernel/socket.ts";
import type { Attempt, AttemptTarget, AttemptResult } from "./attempt.ts";
import { outcomeOf } from "./outcome.ts";
import { openProbeSocket, receiveErrors } from "./probe-socket.ts";

const incoming = Buffer.from(new ArrayBuffer(64 * 1024));
const quoted = new SocketMessage(1024);
const CHUNK = 12;
const INIT = 1;
const INIT_ACK = 2;
const ABORT = 6;
const { ENOPROTOOPT, EPROTO } = constants.errno;

const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** RFC 9260 appendix A. */
function crc32c(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC32C[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** RFC 9260 3.3.2: common header with verification tag 0, INIT with one stream each way. */
function initPacket(from: number, to: number): Buffer {
  const packet = Buffer.alloc(CHUNK + 20);
  packet.writeUInt16BE(from, 0);
  packet.writeUInt16BE(to, 2);
  packet[CHUNK] = INIT;
  packet.writeUInt16BE(20, CHUNK + 2);
  packet.writeUInt32BE(randomInt(1, 0xffffffff), CHUNK + 4);
  packet.writeUInt32BE(0x10000, CHUNK + 8);
  packet.writeUInt16BE(1, CHUNK + 12);
  packet.writeUInt16BE(1, CHUNK + 14);
  packet.writeUInt32BE(randomInt(0, 0xffffffff), CHUNK + 16);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

const FIRST_PORT = 32_768;
const PORTS = 28_000;
let nextPort: number | undefined;
/**
 * Attempts by their port. A host on which a raw socket takes an INIT sends no error: where two of our own attempts go opposite
 * ways, the one's socket gets the other's INIT and reports it.
 */
const inFlight = new Map<number, SctpAttempt>();

const REACHED: AttemptResult = { outcome: "refused", error: "ENOPROTOOPT" };

export class SctpAttempt implements Attempt {
  readonly #target: AttemptTarget;
  readonly #finish: (finding: AttemptResult) => void;
  /** No socket reserves it for us: a number that no other attempt has had for long. */
  readonly #port: number;
  readonly #six: boolean;
  #fd = -1;

  constructor(target: AttemptTarget, finish: (finding: AttemptResult) => void) {
    this.#target = target;
    this.#finish = finish;
    nextPort = ((nextPort ?? randomInt(0, PORTS)) + 1) % PORTS;
    this.#port = FIRST_PORT + nextPort;
    this.#six = target.address.includes(":");
  }

  open(): void {
    const { address, port, onLocalPort, onSource } = this.#target;
    this.#fd = openProbeSocket(address, SOCK_RAW, IPPROTO_SCTP);
    if (this.#fd < 0) return this.#end(outcomeOf(-this.#fd));
    receiveErrors(this.#fd, address);
    const connected = connectSocket(this.#fd, encodeSockaddr(address, 0, interfaceIndex));
    if (connected < 0) return this.#end(outcomeOf(-connected));
    const source = socketName(this.#fd);
    source.writeUInt16BE(this.#port, 2);
    inFlight.set(this.#port, this);
    onSource?.(IPPROTO_SCTP, source);
    onLocalPort?.(this.#port);
    const sent = sendSocket(this.#fd, initPacket(this.#port, port));
    if (sent < 0 && sent !== -EAGAIN) return this.#end(outcomeOf(-sent));
    reactor().watch(this.#fd, EPOLLIN, () => this.#receive());
  }

  expire(): void {
    this.#end({ outcome: "timeout" });
  }

  /** Our INIT has reached the host that it was sent to. */
  arrived(port: number): void {
    if (port === this.#target.port) this.#end(REACHED);
  }

  #receive(): void {
    // Errors of all our raw sockets to this host reach each of them: the quoted packet identifies the right one.
    for (let size = quoted.receiveError(this.#fd); size >= 0; size = quoted.receiveError(this.#fd)) {
      const { data } = quoted;
      if (size < 4 || data.readUInt16BE(0) !== this.#port || data.readUInt16BE(2) !== this.#target.port) continue;
      return this.#end(this.#errorFinding());
    }
    const finding = this.#read();
    if (finding !== undefined) this.#end(finding);
  }

  /** Reads all pending packets; returns the answer, if it is among them. */
  #read(): AttemptResult | undefined {
    let found: AttemptResult | undefined;
    for (;;) {
      const size = receiveSocket(this.#fd, incoming);
      if (size === -EAGAIN) return found;
      // Below 0: the error whose packet has already been handled.
      if (size <= 0) continue;
      const answer = this.#answer(incoming.subarray(0, size));
      found ??= answer;
    }
  }

  #errorFinding(): AttemptResult {
    const at = this.#six ? quoted.findControl(IPPROTO_IPV6, IPV6_RECVERR) : quoted.findControl(IPPROTO_IP, IP_RECVERR);
    const errno = at < 0 ? ENOPROTOOPT : quoted.control.readUInt32LE(at);
    return errno === ENOPROTOOPT || errno === EPROTO ? REACHED : outcomeOf(errno);
  }

  /** IPv4 packets arrive with their header, IPv6 ones without. */
  #answer(packet: Buffer): AttemptResult | undefined {
    const start = this.#six ? 0 : ((packet[0] ?? 0) & 15) * 4;
    if (packet.length < start + CHUNK + 1) return undefined;
    if (packet[start + CHUNK] === INIT) {
      inFlight.get(packet.readUInt16BE(start))?.arrived(packet.readUInt16BE(start + 2));
      return undefined;
    }
    if (packet.readUInt16BE(start + 2) !== this.#port || packet.readUInt16BE(start) !== this.#target.port)
      return undefined;
    const chunk = packet[start + CHUNK];
    if (chunk === INIT_ACK) return { outcome: "open" };
    return chunk === ABORT ? { outcome: "refused" } : undefined;
  }

  #end(finding: AttemptResult): void {
    if (this.#fd >= 0) {
      inFlight.delete(this.#port);
      this.#read(); // another attempt's INIT may be waiting
      reactor().unwatch(this.#fd);
      closeSocket(this.#fd);
      this.#fd = -1;
    }
    this.#finish(finding);
  }
}
