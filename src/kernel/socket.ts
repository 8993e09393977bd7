/**
 * Raw non-blocking sockets by FFI. A socket belongs to the network namespace in which openSocket() was called,
 * everything after that may be done from anywhere. All functions return -errno instead of throwing, because on
 * sockets most errors are answers (EAGAIN, ECONNREFUSED); must() turns them into SyscallError.
 */
import { constants } from "node:os";
import { addressOf, declare, must } from "./libc.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_IPV6 = 41;
export const IPPROTO_SCTP = 132;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const IP_PKTINFO = 8;
export const IP_RECVERR = 11;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
const TCP_REPAIR = 19;
const TCP_REPAIR_QUEUE = 20;
const TCP_QUEUE_SEQ = 21;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;

export const EAGAIN = constants.errno.EAGAIN;
export const EINPROGRESS = constants.errno.EINPROGRESS;

const c = {
  socket: declare<[number, number, number]>("int socket(int domain, int type, int protocol)"),
  close: declare<[number]>("int close(int fd)"),
  bind: declare<[number, Uint8Array, number]>("int bind(int fd, const void *addr, uint32_t len)"),
  connect: declare<[number, Uint8Array, number]>("int connect(int fd, const void *addr, uint32_t len)"),
  listen: declare<[number, number]>("int listen(int fd, int backlog)"),
  accept4: declare<[number, Uint8Array, Uint8Array, number]>("int accept4(int fd, void *addr, void *len, int flags)"),
  send: declare<[number, Uint8Array, number, number]>("intptr_t send(int fd, const void *buf, size_t len, int flags)"),
  recv: declare<[number, Uint8Array, number, number]>("intptr_t recv(int fd, void *buf, size_t len, int flags)"),
  sendmsg: declare<[number, Uint8Array, number]>("intptr_t sendmsg(int fd, const void *msg, int flags)"),
  recvmsg: declare<[number, Uint8Array, number]>("intptr_t recvmsg(int fd, void *msg, int flags)"),
  shutdown: declare<[number, number]>("int shutdown(int fd, int how)"),
  getsockname: declare<[number, Uint8Array, Uint8Array]>("int getsockname(int fd, void *addr, void *len)"),
  setsockopt: declare<[number, number, number, Uint8Array, number]>(
    "int setsockopt(int fd, int level, int name, const void *value, uint32_t len)",
  ),
  getsockopt: declare<[number, number, number, Uint8Array, Uint8Array]>(
    "int getsockopt(int fd, int level, int name, void *value, void *len)",
  ),
  ifNameToIndex: declare<[string]>("unsigned int if_nametoindex(const char *name)"),
  ifIndexToName: declare<[number, Uint8Array]>("void *if_indextoname(unsigned int index, void *name)"),
  address: declare<[Uint8Array, Uint8Array, number]>("uintptr_t memmove(void *to, const void *from, size_t n)"),
};

/** A non-blocking, close-on-exec socket of the namespace that this thread is in now. */
export function openSocket(domain: number, type: number, protocol = 0): number {
  return c.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

export function closeSocket(fd: number): void {
  c.close(fd);
}

export function bindSocket(fd: number, address: Uint8Array): number {
  return c.bind(fd, address, address.length);
}

/** 0, -EINPROGRESS or another -errno. */
export function connectSocket(fd: number, address: Uint8Array): number {
  return c.connect(fd, address, address.length);
}

export function listenSocket(fd: number, backlog: number): number {
  return c.listen(fd, backlog);
}

const peer = Buffer.from(new ArrayBuffer(128));
const length = Buffer.from(new ArrayBuffer(4));

/** The new connection (non-blocking) or -errno. The peer's address is at `acceptedPeer` until the next call. */
export function acceptSocket(fd: number): number {
  length.writeUInt32LE(peer.length);
  return c.accept4(fd, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
export const acceptedPeer: Buffer = peer;

const own = Buffer.from(new ArrayBuffer(128));

/** The socket's own address (sockaddr), valid until the next call. */
export function socketName(fd: number): Buffer {
  length.writeUInt32LE(own.length);
  must("getsockname", c.getsockname(fd, own, length));
  return own;
}

export function sendSocket(fd: number, data: Uint8Array): number {
  return c.send(fd, data, data.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

export function receiveSocket(fd: number, into: Uint8Array): number {
  return c.recv(fd, into, into.length, MSG_DONTWAIT);
}

/** Ends the sending direction: what has been sent still arrives, then FIN. */
export function shutdownSend(fd: number): void {
  c.shutdown(fd, 1);
}

const word = Buffer.from(new ArrayBuffer(8));

export function setOption(fd: number, level: number, name: number, value: number): number {
  word.writeInt32LE(value | 0, 0);
  return c.setsockopt(fd, level, name, word, 4);
}

/** A classic BPF program (struct sock_filter, one after the other) that says how much of a packet the socket keeps: 0 is nothing. */
export function attachFilter(fd: number, program: Buffer): number {
  const fprog = Buffer.alloc(16);
  fprog.writeUInt16LE(program.length / 8);
  fprog.writeBigUInt64LE(addressOf(program), 8);
  return c.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, fprog.length);
}

/** Fills `into` from its beginning; 0 or -errno. */
export function getOption(fd: number, level: number, name: number, into: Buffer): number {
  length.writeUInt32LE(into.length);
  return c.getsockopt(fd, level, name, into, length);
}

/** Room for `bytes`; without the privilege to exceed the machine's limit, up to that. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  if (setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes) < 0) setOption(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

export function setSendBuffer(fd: number, bytes: number): void {
  if (setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes) < 0) setOption(fd, SOL_SOCKET, SO_SNDBUF, bytes);
}

/** Close with RST instead of FIN, leaving nothing in TIME_WAIT. */
export function setAbortiveClose(fd: number): void {
  word.writeInt32LE(1, 0);
  word.writeInt32LE(0, 4);
  c.setsockopt(fd, SOL_SOCKET, SO_LINGER, word, 8);
}

/** The pending error of a socket as a positive errno, 0 when there is none. Reading clears it. */
export function socketError(fd: number): number {
  const result = getOption(fd, SOL_SOCKET, SO_ERROR, word);
  return result < 0 ? -result : word.readInt32LE(0);
}

/** Index of a device in the namespace that this thread is in now, 0 when there is none. */
export function interfaceIndex(name: string): number {
  return c.ifNameToIndex(name);
}

/** Name of a device in the namespace that this thread is in now, undefined when there is none. */
export function interfaceName(index: number): string | undefined {
  const IF_NAMESIZE = 16;
  const name = Buffer.alloc(IF_NAMESIZE);
  c.ifIndexToName(index, name);
  return name[0] === 0 ? undefined : name.toString("latin1", 0, name.indexOf(0));
}

/**
 * Choose the initial sequence number of a TCP socket before connect(2), by way of TCP_REPAIR (needs CAP_NET_ADMIN in
 * the namespace's owner). tcp_v4_connect() keeps a write_seq that is not 0. Returns 0 or -errno.
 */
export function setInitialSequence(fd: number, sequence: number): number {
  const TCP_SEND_QUEUE = 2;
  let result = setOption(fd, IPPROTO_TCP, TCP_REPAIR, 1);
  if (result < 0) return result;
  result = setOption(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
  if (result === 0) result = setOption(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, sequence);
  setOption(fd, IPPROTO_TCP, TCP_REPAIR, 0);
  return result;
}

/** Of a received datagram: its sender, and the control messages that it came with. */
export interface ReturnPath {
  readonly name: Buffer;
  readonly control: Buffer;
}

/**
 * A msghdr with its buffers, for recvmsg(2) and sendmsg(2): one instance serves any number of sockets.
 * Buffers are backed by ArrayBuffers, which V8 does not move, so their addresses can be kept in the struct.
 */
export class SocketMessage {
  readonly name = Buffer.from(new ArrayBuffer(128));
  readonly data: Buffer;
  readonly control = Buffer.from(new ArrayBuffer(256));
  /** Bytes of `name` and `control` that the last receive() filled. */
  nameLength = 0;
  controlLength = 0;
  readonly #header = Buffer.from(new ArrayBuffer(56));
  readonly #vector = Buffer.from(new ArrayBuffer(16));

  constructor(size: number) {
    this.data = Buffer.from(new ArrayBuffer(size));
    const address = (buffer: Buffer): bigint => BigInt(c.address(buffer, buffer, 0));
    this.#vector.writeBigUInt64LE(address(this.data), 0);
    this.#header.writeBigUInt64LE(address(this.name), 0);
    this.#header.writeBigUInt64LE(address(this.#vector), 16);
    this.#header.writeBigUInt64LE(1n, 24);
    this.#header.writeBigUInt64LE(address(this.control), 32);
  }

  /** Bytes received into `data`, or -errno. */
  receive(fd: number): number {
    return this.#receive(fd, 0);
  }

  /**
   * The next error of a socket with IP_RECVERR: `data` is the packet of ours that it quotes, from its transport header on;
   * findControl(…RECVERR) is struct sock_extended_err, which begins with the errno.
   */
  receiveError(fd: number): number {
    return this.#receive(fd, MSG_ERRQUEUE);
  }

  #receive(fd: number, flags: number): number {
    this.#prepare(this.name.length, this.data.length, this.control.length);
    const result = c.recvmsg(fd, this.#header, MSG_DONTWAIT | flags);
    this.nameLength = this.#header.readUInt32LE(8);
    this.controlLength = this.#header.readUInt32LE(40);
    return result;
  }

  /** Sends the first `size` bytes of `data` to `name`, with `controlLength` bytes of `control`. */
  send(fd: number, size: number): number {
    this.#prepare(this.nameLength, size, this.controlLength);
    return c.sendmsg(fd, this.#header, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  #prepare(name: number, data: number, control: number): void {
    this.#header.writeUInt32LE(name, 8);
    this.#vector.writeUInt32LE(data, 8);
    this.#header.writeUInt32LE(control, 40);
    this.#header.writeInt32LE(0, 48);
  }

  /** Where the answer to what was received goes, and from which of our addresses. */
  returnPath(): ReturnPath {
    return {
      name: Buffer.from(this.name.subarray(0, this.nameLength)),
      control: Buffer.from(this.control.subarray(0, this.controlLength)),
    };
  }

  /** Sends the first `size` bytes of `data` there. */
  sendBack(fd: number, { name, control }: ReturnPath, size: number): number {
    name.copy(this.name);
    control.copy(this.control);
    this.nameLength = name.length;
    this.controlLength = control.length;
    return this.send(fd, size);
  }

  /** Offset of the payload of the first control message of this kind, or -1. cmsghdr: u64 length, int level, int type. */
  findControl(level: number, type: number): number {
    for (let at = 0; at + 16 <= this.controlLength;) {
      const size = this.control.readUInt32LE(at);
      if (size < 16) return -1;
      if (this.control.readInt32LE(at + 8) === level && this.control.readInt32LE(at + 12) === type) return at + 16;
      at += (size + 7) & ~7;
    }
    return -1;
  }
}
