/** A netlink socket inside one network namespace: requests with acknowledgement, and dumps. */
import { setImmediate as breathe } from "node:timers/promises";
import { close, declare, must, socket, SyscallError } from "../libc.ts";
import { setOption } from "../socket.ts";
import { eachAttribute, readString } from "./attribute.ts";
import {
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
} from "./constants.ts";
import { align, type Message } from "./message.ts";

const send = declare<[fd: number, data: Buffer, length: number, flags: number]>(
  "int send(int fd, const void *data, size_t length, int flags)",
);
const recv = declare<[fd: number, data: Buffer, length: number, flags: number]>(
  "int recv(int fd, void *data, size_t length, int flags)",
);

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const EINTR = 4;
const EBUSY = 16;
const HEADER = 16;
/** Milliseconds between two turns of others. */
const SLICE = 5;

/** The kernel fills at most 32 KiB per message of a dump. All sockets share it: nothing here is asynchronous. */
const received = Buffer.alloc(1 << 16);

/**
 * The kernel refused. `code` is the errno's name; the message is the extended acknowledgement's text where there is
 * one, in the words of iproute2: `Error: Nexthop has invalid gateway. (ENETUNREACH)`.
 */
export class NetlinkError extends SyscallError {
  /** The kernel's own message (extended ACK), if any. */
  readonly extack: string | undefined;
  /** The message of strerror(3). */
  readonly reason: string;
  constructor(number: number, extack: string | undefined) {
    super("netlink", number);
    this.name = "NetlinkError";
    this.extack = extack;
    this.reason = strerror(number);
    this.message =
      extack === undefined || extack === ""
        ? `RTNETLINK answers: ${this.reason} (${this.code})`
        : `Error: ${extack.replace(/\.?$/, ".")} (${this.code})`;
  }
}

const strerror = declare<[number]>("const char *strerror(int number)") as unknown as (number: number) => string;

/** Decodes one message of a dump; `start` is the first byte after its header. Undefined: leave it out. */
export type Decode<T> = (buffer: Buffer, start: number, end: number, type: number) => T | undefined;

interface Dump {
  readonly sequence: number;
  /** Nothing changed during the dump. */
  whole: boolean;
}

export class NetlinkSocket {
  readonly fd: number;
  #sequence = 1;

  /** Belongs for ever to the namespace that the thread is in now. `protocol`: default NETLINK_ROUTE. */
  constructor(protocol: number = NETLINK_ROUTE) {
    this.fd = must("socket", socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), "AF_NETLINK");
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      setOption(this.fd, SOL_NETLINK, option, 1); // absent before Linux 4.20; only messages get poorer
    }
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }

  /** Send and wait for the acknowledgement. Throws NetlinkError when the kernel refuses. */
  request(message: Message): void {
    const sequence = this.#send(message.flag(NLM_F_ACK));
    for (;;) {
      const end = this.#receive();
      let at = 0;
      while (at + HEADER <= end) {
        const length = received.readUInt32LE(at);
        if (received.readUInt32LE(at + 8) === sequence && received.readUInt16LE(at + 4) === NLMSG_ERROR) {
          throwIfError(at);
          return;
        }
        at += align(length);
      }
    }
  }

  /** Ask for one object; undefined when the kernel has none (ENODEV, ENOENT). */
  get<T>(message: Message, decode: Decode<T>): T | undefined {
    const sequence = this.#send(message);
    const end = this.#receive();
    const length = received.readUInt32LE(0);
    if (received.readUInt32LE(8) !== sequence || length > end) throw new Error("netlink: answer out of order");
    if (received.readUInt16LE(4) === NLMSG_ERROR) {
      const number = -received.readInt32LE(HEADER);
      if (number === 19 || number === 2) return undefined;
      throwIfError(0);
      return undefined;
    }
    return decode(received, HEADER, length, received.readUInt16LE(4));
  }

  /** All objects. Starts again when they changed during the dump (NLM_F_DUMP_INTR). */
  dump<T>(message: Message, decode: Decode<T>): T[] {
    message.flag(NLM_F_DUMP);
    for (let attempt = 0; ; attempt += 1) {
      const found: T[] = [];
      const state: Dump = { sequence: this.#send(message), whole: true };
      while (!this.#dumpPart(state, decode, found));
      if (state.whole || attempt === 10) return found;
    }
  }

  /** As dump, for thousands of objects: others have their turn every few milliseconds. `again`: what was decoded counts for nothing. */
  async dumpInSlices<T>(message: Message, decode: Decode<T>, again: () => void = () => {}): Promise<T[]> {
    message.flag(NLM_F_DUMP);
    for (let attempt = 0; ; attempt += 1) {
      const found: T[] = [];
      const state: Dump = { sequence: this.#send(message), whole: true };
      let since = performance.now();
      while (!this.#dumpPart(state, decode, found)) {
        if (performance.now() - since < SLICE) continue;
        await breathe();
        since = performance.now();
      }
      if (state.whole || attempt === 10) return found;
      again();
    }
  }

  /** The messages of one recv(2). True when that was the end. */
  #dumpPart<T>(state: Dump, decode: Decode<T>, found: T[]): boolean {
    const end = this.#receive();
    let at = 0;
    while (at + HEADER <= end) {
      const length = received.readUInt32LE(at);
      if (length < HEADER) throw new Error("netlink: malformed answer");
      if (received.readUInt32LE(at + 8) === state.sequence) {
        const type = received.readUInt16LE(at + 4);
        if ((received.readUInt16LE(at + 6) & NLM_F_DUMP_INTR) !== 0) state.whole = false;
        if (type === NLMSG_DONE) return true;
        if (type === NLMSG_ERROR) {
          throwIfError(at);
          return true;
        }
        const value = decode(received, at + HEADER, at + length, type);
        if (value !== undefined) found.push(value);
      }
      at += align(length);
    }
    return false;
  }

  /** Errors received so far, without waiting: what the kernel has refused of a batch (nfnetlink). */
  errors(): readonly { readonly sequence: number; readonly error: NetlinkError }[] {
    const found: { sequence: number; error: NetlinkError }[] = [];
    for (let end = this.#waiting(); end !== undefined; end = this.#waiting()) {
      for (let at = 0; at + HEADER <= end; at += align(received.readUInt32LE(at))) {
        const error = received.readUInt16LE(at + 4) === NLMSG_ERROR ? errorAt(at) : undefined;
        if (error !== undefined) found.push({ sequence: received.readUInt32LE(at + 8), error });
      }
    }
    return found;
  }

  /** Like #receive; undefined when nothing is pending. */
  #waiting(): number | undefined {
    try {
      return this.#receive();
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      // ENOBUFS: there were more than its queue holds, of which the first are in it.
      if (error.code === "ENOBUFS") return this.#waiting();
      if (error.code === "EAGAIN") return undefined;
      throw error;
    }
  }

  #send(message: Message): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    for (let attempt = 0; ; attempt += 1) {
      const sent = send(this.fd, message.finish(this.#sequence), message.length, 0);
      if (sent >= 0) return this.#sequence;
      if (sent !== -EINTR && !(sent === -EBUSY && attempt < 100)) throw new SyscallError("send", -sent, "netlink");
    }
  }

  /** rtnetlink answers before send(2) returns, so that an empty queue is an error and not a reason to wait. */
  #receive(): number {
    for (;;) {
      const length = recv(this.fd, received, received.length, MSG_DONTWAIT | MSG_TRUNC);
      if (length > received.length) throw new Error(`netlink: answer of ${length} bytes is too long`);
      if (length >= 0) return length;
      if (length !== -EINTR) throw new SyscallError("recv", -length, "netlink");
    }
  }
}

/** Throws when the NLMSG_ERROR at `at` holds an error. */
function throwIfError(at: number): void {
  const error = errorAt(at);
  if (error !== undefined) throw error;
}

/** What the NLMSG_ERROR at `at` says; undefined when it is an acknowledgement. */
function errorAt(at: number): NetlinkError | undefined {
  const number = -received.readInt32LE(at + HEADER);
  if (number === 0) return undefined;
  const flags = received.readUInt16LE(at + 6);
  let text: string | undefined;
  if ((flags & NLM_F_ACK_TLVS) !== 0) {
    const echoed = (flags & NLM_F_CAPPED) !== 0 ? HEADER : received.readUInt32LE(at + HEADER + 4);
    const from = at + HEADER + 4 + align(echoed);
    eachAttribute(received, from, at + received.readUInt32LE(at), (type, start, end) => {
      if (type === NLMSGERR_ATTR_MSG) text = readString(received, start, end);
    });
  }
  return new NetlinkError(number, text);
}
