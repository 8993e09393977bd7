/** Captures every packet on every device of some namespaces, with one packet(7) socket in each; and what policies' rules log there. */
import { closeAside, declare, must, SyscallError } from "../../kernel/libc.ts";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { dumpLinks } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import {
  AF_PACKET,
  attachFilter,
  interfaceName,
  openSocket,
  setOption,
  setReceiveBuffer,
  SO_TIMESTAMPNS,
  SOCK_RAW,
  SocketMessage,
  SOL_SOCKET,
} from "../../kernel/socket.ts";
import { listenForDenials } from "../probe/denials.ts";
import { inOrder } from "./order.ts";
import type { CapturedPacket } from "./order.ts";

const ETH_P_ALL_BE = 0x0300;
/** IPv4, ARP, IPv6. */
const ETHERTYPES: ReadonlySet<number> = new Set([0x0800, 0x0806, 0x86dd]);
/** ARPHRD_ETHER, ARPHRD_LOOPBACK. */
const ETHERNETS: ReadonlySet<number> = new Set([1, 772]);
/** Bytes of the two addresses, before the EtherType. */
const MACS = 12;
/** 802.1Q, 802.1ad. */
const VLANS: ReadonlySet<number> = new Set([0x8100, 0x88a8]);
const PACKET_OTHERHOST = 3;
const PACKET_OUTGOING = 4;
/** Enough for two IP headers, VXLAN, and the longest answer of a built-in server's UDP port. */
const SNAPLEN = 2048;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const MAX_PACKETS = 20_000;
const CLOCK_REALTIME = 0;

const message = new SocketMessage(SNAPLEN);
const clockGettime = declare<[clock: number, time: Uint8Array]>("int clock_gettime(int clock, void *time)");

/** Nanoseconds since the epoch, by the clock that stamps the packets. */
export function realTime(): bigint {
  const time = Buffer.alloc(16);
  clockGettime(CLOCK_REALTIME, time);
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}

/** The socket in one namespace, and its devices known so far: names are read again for each trace. */
interface Ear {
  readonly fd: number;
  readonly ns: string;
  readonly handle: NetnsHandle;
  readonly names: Map<number, string>;
}

export interface ListenerOptions {
  /** Where rules of NetworkPolicies log. */
  readonly denying?: readonly string[] | undefined;
  /** A program that says which packets are kept: see capture-filter.ts. Absent: all. */
  readonly filter?: Buffer | undefined;
  /** Is given each packet. */
  readonly seen?: ((packet: CapturedPacket) => void) | undefined;
}

export class Listener {
  readonly #sockets: Ear[] = [];
  readonly #packets: CapturedPacket[] = [];
  readonly #filter: Buffer | undefined;
  readonly #seen: (packet: CapturedPacket) => void;
  readonly #denials = Promise.withResolvers<void>();

  /** Listens from now on. Throws SyscallError (`EPERM`: needs CAP_NET_RAW). */
  constructor(
    namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[],
    { denying = [], filter, seen = () => undefined }: ListenerOptions = {},
  ) {
    this.#filter = filter;
    this.#seen = seen;
    try {
      for (const { ns, handle } of namespaces) this.#listen(ns, handle);
      this.#listenForDenials(namespaces.filter(({ ns }) => denying.includes(ns)));
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Everything that was captured, in the order in which it was on the devices; ends the capture. */
  stop(): CapturedPacket[] {
    for (const socket of this.#sockets) this.#drain(socket);
    const ports = new Set(this.#sockets.flatMap((socket) => this.#bridgePorts(socket)));
    this.#close();
    const packets = this.#packets.map((packet) =>
      packet.otherHost && ports.has(`${packet.ns} ${packet.iface}`) ? { ...packet, otherHost: false } : packet,
    );
    return packets.sort(inOrder);
  }

  /** `NAMESPACE DEVICE` of each bridge port of a namespace where packets with another MAC arrived. */
  #bridgePorts({ ns, handle }: Ear): string[] {
    if (!this.#packets.some((packet) => packet.ns === ns && packet.otherHost)) return [];
    try {
      const links = dumpLinks(rtnlOf(handle));
      return links.filter(({ master }) => master !== undefined).map(({ name }) => `${ns} ${name}`);
    } catch (error) {
      if (error instanceof SyscallError) return []; // a namespace that has been closed meanwhile
      throw error;
    }
  }

  #listenForDenials(places: readonly { readonly ns: string; readonly handle: NetnsHandle }[]): void {
    const names = new Map(places.map(({ ns, handle }) => [handle.inode, ns]));
    void listenForDenials(
      places.map(({ handle }) => handle),
      () => this.#denials.promise,
      ({ inode }, denied, packet) => {
        const ns = names.get(inode);
        if (ns === undefined || this.#packets.length >= MAX_PACKETS) return;
        const bytes = Buffer.from(packet);
        this.#packets.push({ ns, iface: "", direction: "in", otherHost: false, time: realTime(), bytes, denied });
      },
    );
  }

  #listen(ns: string, handle: NetnsHandle): void {
    const fd = must(
      "socket",
      enterNetns(handle, () => openSocket(AF_PACKET, SOCK_RAW, ETH_P_ALL_BE)),
      ns,
    );
    const socket: Ear = { fd, ns, handle, names: new Map() };
    this.#sockets.push(socket);
    must("setsockopt", setOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1), "SO_TIMESTAMPNS");
    if (this.#filter !== undefined) must("setsockopt", attachFilter(fd, this.#filter), "SO_ATTACH_FILTER");
    setReceiveBuffer(fd, RECEIVE_BUFFER);
    reactor().watch(fd, EPOLLIN, () => this.#drain(socket));
  }

  #close(): void {
    this.#denials.resolve();
    for (const { fd } of this.#sockets.splice(0)) {
      reactor().unwatch(fd);
      closeAside(fd);
    }
  }

  /** The device's header, of Ethernet and loopback, without VLAN tags: other devices have none that says anything. */
  #headerOf(size: number): { readonly link?: Buffer; readonly end: number } {
    const { data, name } = message;
    if (!ETHERNETS.has(name.readUInt16LE(8))) return { end: 0 };
    let end = MACS + 2;
    while (end + 4 <= size && VLANS.has(data.readUInt16BE(end - 2))) end += 4;
    return { link: Buffer.concat([data.subarray(0, MACS), data.subarray(end - 2, end)]), end };
  }

  /** sockaddr_ll: u16 family, be16 protocol, int ifindex, u16 hatype, u8 pkttype. */
  #drain({ fd, ns, handle, names }: Ear): void {
    for (;;) {
      const size = message.receive(fd);
      if (size < 0) return; // EAGAIN; ENETDOWN when a device went down
      if (!ETHERTYPES.has(message.name.readUInt16BE(2)) || this.#packets.length >= MAX_PACKETS) continue;
      const type = message.name[10];
      const stamp = message.findControl(SOL_SOCKET, SO_TIMESTAMPNS);
      const { control } = message;
      const index = message.name.readInt32LE(4);
      const iface = names.get(index) ?? enterNetns(handle, () => interfaceName(index)) ?? `#${index}`;
      names.set(index, iface);
      const { link, end } = this.#headerOf(size);
      const packet: CapturedPacket = {
        ns,
        iface,
        direction: type === PACKET_OUTGOING ? "out" : "in",
        otherHost: type === PACKET_OTHERHOST,
        time:
          stamp < 0 ? realTime() : control.readBigInt64LE(stamp) * 1_000_000_000n + control.readBigInt64LE(stamp + 8),
        bytes: Buffer.from(message.data.subarray(end, size)),
        link,
      };
      this.#packets.push(packet);
      this.#seen(packet);
    }
  }
}
