/** Packets that netfilter hands over for a verdict (linux/netfilter/nfnetlink_queue.h). */
import { eachAttribute } from "./netlink/attribute.ts";
import { Message } from "./netlink/message.ts";
import { eachMessage, NFGENMSG, openNetfilter } from "./netlink/netfilter.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";
import { sendSocket } from "./socket.ts";

const SUBSYSTEM = 3 << 8;
const PACKET = SUBSYSTEM;
const VERDICT = SUBSYSTEM | 1;
const CONFIG = SUBSYSTEM | 2;
const CFG = { command: 1, params: 2, mask: 4, flags: 5 } as const;
const BIND = 1;
const COPY_PACKET = 2;
/** NFQA_CFG_F_FAIL_OPEN and _GSO: what does not fit into the queue passes, and large segments stay whole. */
const FLAGS = 1 | 4;
const ATTR = { header: 1, verdict: 2, indev: 5, payload: 10 } as const;
const NF_ACCEPT = 1;
const HEADER = 16;

const received = Buffer.from(new ArrayBuffer(1 << 17));

export interface QueuedPacket {
  readonly id: number;
  /** From its IP header on. */
  readonly bytes: Buffer;
  /** Index of the device on which it came in; absent: sent here. */
  readonly indev?: number | undefined;
}

function message(type: number, queue: number): Message {
  const made = new Message(type, 0, NFGENMSG);
  made.buffer.writeUInt16BE(queue, HEADER + 2);
  return made;
}

export class NfQueue {
  readonly #socket: NetlinkSocket;
  readonly #queue: number;

  /** Takes the packets of a queue in a namespace, `bytes` of each. Throws NetlinkError: EBUSY where another process has it. */
  constructor(netns: NetnsHandle, queue: number, bytes: number) {
    this.#socket = openNetfilter(netns);
    this.#queue = queue;
    try {
      this.#socket.request(message(CONFIG, queue).bytes(CFG.command, Uint8Array.of(BIND, 0, 0, 0)));
      const params = Buffer.alloc(5);
      params.writeUInt32BE(bytes);
      params[4] = COPY_PACKET;
      this.#socket.request(message(CONFIG, queue).bytes(CFG.params, params));
      this.#socket.request(message(CONFIG, queue).be32(CFG.flags, FLAGS).be32(CFG.mask, FLAGS));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** Packets without a verdict are dropped by the kernel. */
  close(): void {
    this.#socket[Symbol.dispose]();
  }

  read(each: (packet: QueuedPacket) => void): void {
    eachMessage(this.fd, received, PACKET, (from, to) => {
      let [id, bytes, indev]: [number, Buffer, number | undefined] = [0, Buffer.alloc(0), undefined];
      eachAttribute(received, from, to, (type, start, end) => {
        if (type === ATTR.header) id = received.readUInt32BE(start);
        else if (type === ATTR.payload) bytes = Buffer.from(received.subarray(start, end));
        else if (type === ATTR.indev) indev = received.readUInt32BE(start);
      });
      each({ id, bytes, ...(indev === undefined ? {} : { indev }) });
    });
  }

  accept(id: number): void {
    const verdict = Buffer.alloc(8);
    verdict.writeUInt32BE(NF_ACCEPT);
    verdict.writeUInt32BE(id, 4);
    const made = message(VERDICT, this.#queue).bytes(ATTR.verdict, verdict);
    sendSocket(this.fd, made.finish(0).subarray(0, made.length));
  }
}
