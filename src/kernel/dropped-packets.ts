/**
 * Packets that the kernel throws away, and why (enum skb_drop_reason, linux/include/net/dropreason-core.h): a BPF program on the
 * tracepoint skb:kfree_skb, which is gone with this process. Needs Linux 5.17 with BTF, and CAP_BPF and CAP_PERFMON in the machine's own
 * user namespace.
 */
import { constants } from "node:os";
import { Btf } from "./btf.ts";
import { addressOf, closeAside, declare, must } from "./libc.ts";

const CALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF = { MAP_CREATE: 0, PROG_LOAD: 5, RAW_TRACEPOINT_OPEN: 17, MAP_LOOKUP_AND_DELETE_ELEM: 21 } as const;
const MAP_TYPE_QUEUE = 22;
const PROG_TYPE_RAW_TRACEPOINT = 17;
const HELPER = { mapPush: 87, probeReadKernel: 113 } as const;
/** BPF_EXIST: the oldest makes room. */
const OVERWRITE = 2;
const MOST = 2048;
/** From the IP header on: two of them with those of a tunnel. */
const BYTES = 160;
/** Reason, inode of the network namespace, bytes. */
const VALUE = 8 + BYTES;
const ATTR = 128;
const PREFIX = "SKB_DROP_REASON_";

const syscall = declare<[call: number, command: number, attr: Uint8Array, size: number]>(
  "long syscall(long call, int command, void *attr, unsigned int size)",
);

export interface DroppedPacket {
  /** `IP_RPFILTER`. */
  readonly reason: string;
  /** Inode of its network namespace. */
  readonly netns: number;
  /** From its IP header on. */
  readonly bytes: Buffer;
}

interface Layout {
  readonly head: number;
  readonly networkHeader: number;
  readonly dev: number;
  readonly sk: number;
  readonly netOfDevice: number;
  readonly netOfSocket: number;
  readonly inode: number;
  readonly reasons: ReadonlyMap<number, string>;
}

let layout: Layout | undefined;

function readLayout(): Layout {
  const btf = new Btf();
  const offset = (struct: string, ...path: readonly string[]): number => {
    const found = btf.offsetOf(struct, ...path);
    if (found === undefined) throw new Error(`the kernel's BTF has no ${struct}.${path.join(".")}`);
    return found;
  };
  const reasons = btf.namesOf("skb_drop_reason");
  if (reasons.size === 0) throw new Error("the kernel gives no drop reasons (Linux 5.17)");
  return {
    head: offset("sk_buff", "head"),
    networkHeader: offset("sk_buff", "network_header"),
    dev: offset("sk_buff", "dev"),
    sk: offset("sk_buff", "sk"),
    netOfDevice: offset("net_device", "nd_net"),
    netOfSocket: offset("sock", "__sk_common", "skc_net"),
    inode: offset("net", "ns", "inum"),
    reasons,
  };
}

function instruction(code: number, to: number, from: number, offset: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(to | (from << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(value, 4);
  return bytes;
}

/** eBPF (RFC 9669): r6 the tracepoint's arguments, r7 what is followed, r9 the packet, r10 the end of the stack. */
function program(map: number, at: Layout): Buffer {
  const value = -VALUE;
  const pointer = value - 8;
  const load = (to: number, from: number, offset: number): Buffer => instruction(0x79, to, from, offset, 0);
  const zero = (offset: number): Buffer => instruction(0x7a, 10, 0, offset, 0);
  /** To the stack, from where a register points. */
  const read = (to: number, size: number, from: number, offset: number): Buffer[] => [
    instruction(0xbf, 1, 10, 0, 0),
    instruction(0x07, 1, 0, 0, to),
    instruction(0xb7, 2, 0, 0, size),
    instruction(0xbf, 3, from, 0, 0),
    instruction(0x07, 3, 0, 0, offset),
    instruction(0x85, 0, 0, 0, HELPER.probeReadKernel),
  ];
  const ofSocket = [...read(pointer, 8, 9, at.sk), load(7, 10, pointer), ...read(pointer, 8, 7, at.netOfSocket)];
  const ofDevice = [...read(pointer, 8, 7, at.netOfDevice), instruction(0x05, 0, 0, ofSocket.length, 0)];
  return Buffer.concat([
    instruction(0xbf, 6, 1, 0, 0),
    load(9, 6, 0),
    load(1, 6, 16),
    zero(value),
    instruction(0x63, 10, 1, value, 0),
    ...read(pointer, 8, 9, at.head),
    load(7, 10, pointer),
    zero(pointer),
    ...read(pointer, 2, 9, at.networkHeader),
    load(1, 10, pointer),
    instruction(0x0f, 7, 1, 0, 0),
    ...read(value + 8, BYTES, 7, 0),
    ...read(pointer, 8, 9, at.dev),
    load(7, 10, pointer),
    instruction(0x15, 7, 0, ofDevice.length, 0),
    ...ofDevice,
    ...ofSocket,
    load(7, 10, pointer),
    ...read(value + 4, 4, 7, at.inode),
    instruction(0x18, 1, 1, 0, map),
    instruction(0, 0, 0, 0, 0),
    instruction(0xbf, 2, 10, 0, 0),
    instruction(0x07, 2, 0, 0, value),
    instruction(0xb7, 3, 0, 0, OVERWRITE),
    instruction(0x85, 0, 0, 0, HELPER.mapPush),
    instruction(0xb7, 0, 0, 0, 0),
    instruction(0x95, 0, 0, 0, 0),
  ]);
}

/** The verifier gives up with EAGAIN when a signal is pending; libbpf tries as often (bpf.c, PROG_LOAD_ATTEMPTS). */
const ATTEMPTS = 5;

/** Negative: an errno. */
function bpf(command: number, fill: (attr: Buffer) => void): number {
  const attr = Buffer.from(new ArrayBuffer(ATTR));
  fill(attr);
  let result = -constants.errno.EAGAIN;
  for (let i = 0; i < ATTEMPTS && result === -constants.errno.EAGAIN; i++)
    result = syscall(CALL[process.arch] ?? -1, command, attr, ATTR);
  return result;
}

const text = (value: string): Buffer => Buffer.from(Uint8Array.from(Buffer.from(`${value}\0`)).buffer);

/** What of a packet is there, by its IP header; 0 in it: longer than it can say (jumbograms). */
function lengthOf(packet: Buffer): number {
  const six = (packet[0] ?? 0) >> 4 === 6;
  const said = six ? packet.readUInt16BE(4) : packet.readUInt16BE(2);
  return said === 0 ? BYTES : Math.min(BYTES, said + (six ? 40 : 0));
}

export class DropWatch {
  readonly #layout: Layout;
  readonly #fds: number[] = [];
  readonly #map: number;

  /** From now on, in all network namespaces. Throws SyscallError (EPERM) or Error: what it needs is not there. */
  constructor() {
    this.#layout = layout ??= readLayout();
    const keep = (fd: number): number => {
      this.#fds.push(must("bpf", fd));
      return fd;
    };
    try {
      this.#map = keep(
        bpf(BPF.MAP_CREATE, (attr) => {
          for (const [i, word] of [MAP_TYPE_QUEUE, 0, VALUE, MOST].entries()) attr.writeUInt32LE(word, i * 4);
        }),
      );
      const code = Buffer.from(Uint8Array.from(program(this.#map, this.#layout)).buffer);
      const license = text("GPL");
      const loaded = keep(
        bpf(BPF.PROG_LOAD, (attr) => {
          attr.writeUInt32LE(PROG_TYPE_RAW_TRACEPOINT, 0);
          attr.writeUInt32LE(code.length / 8, 4);
          attr.writeBigUInt64LE(addressOf(code), 8);
          attr.writeBigUInt64LE(addressOf(license), 16);
        }),
      );
      const name = text("kfree_skb");
      keep(
        bpf(BPF.RAW_TRACEPOINT_OPEN, (attr) => {
          attr.writeBigUInt64LE(addressOf(name), 0);
          attr.writeUInt32LE(loaded, 8);
        }),
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Those since the last call, about in the order in which they were dropped. */
  read(): readonly DroppedPacket[] {
    const found: DroppedPacket[] = [];
    const value = Buffer.from(new ArrayBuffer(VALUE));
    const take = (): number =>
      bpf(BPF.MAP_LOOKUP_AND_DELETE_ELEM, (attr) => {
        attr.writeUInt32LE(this.#map, 0);
        attr.writeBigUInt64LE(addressOf(value), 16);
      });
    while (found.length < MOST && take() === 0) {
      const number = value.readUInt32LE(0);
      const reason = this.#layout.reasons.get(number)?.replace(PREFIX, "") ?? String(number);
      found.push({
        reason,
        netns: value.readUInt32LE(4),
        bytes: Buffer.from(value.subarray(8, 8 + lengthOf(value.subarray(8)))),
      });
    }
    return found;
  }

  /** Not on this thread: the kernel waits until no processor is in the program. */
  close(): void {
    for (const fd of this.#fds.splice(0).toReversed()) closeAside(fd);
  }
}
