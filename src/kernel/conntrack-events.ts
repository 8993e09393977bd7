/** What becomes of flows in a namespace's connection tracking, as it happens, and a look at one of them (ctnetlink). */
import { ipBytes } from "./address.ts";
import { CTA, decodeEntry, type AddressFamily, type ConntrackEntry, type Tuple } from "./conntrack-entry.ts";
import { SyscallError } from "./libc.ts";
import { AF_INET, AF_INET6, NLA_F_NESTED, NLM_F_CREATE } from "./netlink/constants.ts";
import { Message } from "./netlink/message.ts";
import { eachMessage, listenToNetfilter, NFGENMSG, openNetfilter } from "./netlink/netfilter.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";

const NEW = 1 << 8;
const GET = NEW | 1;
const NFNLGRP_CONNTRACK_NEW = 1;
const NFNLGRP_CONNTRACK_UPDATE = 2;
const ICMP: ReadonlySet<number> = new Set([1, 58]);

const received = Buffer.from(new ArrayBuffer(1 << 16));

export interface FlowEvent {
  readonly entry: ConntrackEntry;
  /** It was not there before. */
  readonly created: boolean;
}

function familyOf(number: number): AddressFamily {
  return number === AF_INET6 ? AF_INET6 : AF_INET;
}

export class ConntrackSocket {
  readonly #socket: NetlinkSocket;

  /** Listens in a namespace from now on, to flows that begin and that change. Throws SyscallError. */
  constructor(netns: NetnsHandle) {
    this.#socket = listenToNetfilter(netns, [NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE]);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  close(): void {
    this.#socket[Symbol.dispose]();
  }

  /** Everything received. What the kernel could not queue (ENOBUFS) is lost. */
  read(each: (event: FlowEvent) => void): void {
    eachMessage(this.fd, received, NEW, (start, end, family, flags) => {
      const entry = decodeEntry(received, start, end, familyOf(family));
      if (entry !== undefined) each({ entry, created: (flags & NLM_F_CREATE) !== 0 });
    });
  }
}

/** The entry to which a packet with these ends belongs, in either direction (zone 0). Undefined: none, or it cannot be asked. */
export function lookUpFlow(netns: NetnsHandle, tuple: Tuple): ConntrackEntry | undefined {
  const six = tuple.source.includes(":");
  const family = six ? AF_INET6 : AF_INET;
  const [from, to] = six ? [3, 4] : [1, 2];
  const request = new Message(GET, 0, NFGENMSG).bodyU8(0, family).nest(CTA.original | NLA_F_NESTED, (ends) => {
    ends.nest(1 | NLA_F_NESTED, (ip) => ip.bytes(from, ipBytes(tuple.source)).bytes(to, ipBytes(tuple.destination)));
    ends.nest(2 | NLA_F_NESTED, (protocol) => {
      protocol.u8(1, tuple.protocol);
      if (!ICMP.has(tuple.protocol)) return protocol.be16(2, tuple.sourcePort).be16(3, tuple.destinationPort);
      const [echo, type] = six ? [7, 128] : [4, 8];
      return protocol.be16(echo, tuple.icmpId ?? 0).u8(echo + 1, type).u8(echo + 2, 0); // prettier-ignore
    });
  });
  try {
    using socket = openNetfilter(netns);
    return socket.get(request, (buffer, start, end) => decodeEntry(buffer, start + NFGENMSG, end, family));
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}
