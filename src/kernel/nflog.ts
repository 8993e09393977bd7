/** Packets that a rule logs to a group of NFLOG, read from the kernel by nfnetlink_log (linux/netfilter/nfnetlink_log.h). */
import { eachAttribute, readString } from "./netlink/attribute.ts";
import { Message } from "./netlink/message.ts";
import { eachMessage, NFGENMSG, openNetfilter } from "./netlink/netfilter.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";
import { setReceiveBuffer } from "./socket.ts";

const SUBSYSTEM = 4 << 8;
const PACKET = SUBSYSTEM;
const CONFIG = SUBSYSTEM | 1;
const CFG_CMD = 1;
const CFG_MODE = 2;
const CFG_QTHRESH = 5;
const CMD_BIND = 1;
const COPY_PACKET = 2;
const ATTR_PAYLOAD = 9;
const ATTR_PREFIX = 10;
const HEADER = 16;
const BUFFER = 4 * 1024 * 1024;

const received = Buffer.from(new ArrayBuffer(1 << 16));

export interface LoggedPacket {
  /** The rule's own text. */
  readonly prefix: string;
  /** The packet from its IP header on; valid until the next one is read. */
  readonly packet: Buffer;
}

function config(group: number): Message {
  const message = new Message(CONFIG, 0, NFGENMSG);
  message.buffer.writeUInt16BE(group, HEADER + 2);
  return message;
}

export class NflogSocket {
  readonly #socket: NetlinkSocket;

  /** Listens to a group in a namespace; `bytes` of each packet. Throws NetlinkError: EBUSY when another one listens. */
  constructor(netns: NetnsHandle, group: number, bytes: number) {
    this.#socket = openNetfilter(netns);
    try {
      setReceiveBuffer(this.#socket.fd, BUFFER);
      this.#socket.request(config(group).u8(CFG_CMD, CMD_BIND));
      // struct nfulnl_msg_config_mode: __be32 copy_range, __u8 copy_mode, padding.
      const mode = Buffer.alloc(6);
      mode.writeUInt32BE(bytes, 0);
      mode[4] = COPY_PACKET;
      this.#socket.request(config(group).bytes(CFG_MODE, mode));
      // Each packet at once instead of a hundred together.
      this.#socket.request(config(group).bytes(CFG_QTHRESH, Buffer.from([0, 0, 0, 1])));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#socket.fd;
  }

  close(): void {
    this.#socket[Symbol.dispose]();
  }

  /** Everything received. What the kernel could not queue (ENOBUFS) is lost. */
  read(each: (logged: LoggedPacket) => void): void {
    eachMessage(this.fd, received, PACKET, (start, end) => each(decode(start, end)));
  }
}

function decode(from: number, to: number): LoggedPacket {
  let prefix = "";
  let packet = received.subarray(0, 0);
  eachAttribute(received, from, to, (type, start, end) => {
    if (type === ATTR_PREFIX) prefix = readString(received, start, end);
    else if (type === ATTR_PAYLOAD) packet = received.subarray(start, end);
  });
  return { prefix, packet };
}
