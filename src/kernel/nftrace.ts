/**
 * Which rules a marked packet meets, as nf_tables reports it (linux/netfilter/nf_tables.h, NFT_MSG_TRACE): of all tables, those of
 * iptables-nft among them. Only packets on which a rule has set `meta nftrace` are reported.
 */
import { eachAttribute, readString } from "./netlink/attribute.ts";
import { eachMessage, listenToNetfilter } from "./netlink/netfilter.ts";
import type { NetlinkSocket } from "./netlink/socket.ts";
import type { NetnsHandle } from "./netns.ts";
import { FAMILY_NAMES } from "./nftables/constants.ts";

const NFNLGRP_NFTRACE = 9;
const NFT_MSG_TRACE = (10 << 8) | 17;

const ATTR = {
  table: 1,
  chain: 2,
  handle: 3,
  type: 4,
  verdict: 5,
  id: 6,
  network: 8,
  transport: 9,
  mark: 14,
  policy: 16,
  flowId: 18,
  flowDirection: 19,
  flowState: 21,
};
const VERDICT = { code: 1, chain: 2 };
const TYPES = ["policy", "return", "rule"] as const;
/** NF_* and NFT_* (negative). */
const CODES: Readonly<Record<number, string>> = {
  0: "drop",
  1: "accept",
  2: "stolen",
  3: "queue",
  [-1]: "continue",
  [-2]: "continue",
  [-3]: "jump",
  [-4]: "goto",
  [-5]: "return",
};

/** NF_CT_STATE_BIT() and NF_CT_STATE_UNTRACKED_BIT of linux/netfilter/nf_conntrack_common.h. */
const FLOW_STATES: Readonly<Record<number, FlowState>> = {
  [1 << 1]: "ESTABLISHED",
  [1 << 2]: "RELATED",
  [1 << 3]: "NEW",
  [1 << 6]: "UNTRACKED",
};

export type FlowState = "NEW" | "ESTABLISHED" | "RELATED" | "UNTRACKED";

/** What connection tracking makes of a packet; `id`: of its entry, absent where it is untracked. */
export interface PacketFlow {
  readonly state: FlowState;
  readonly id?: number | undefined;
  readonly reply: boolean;
}

/** One rule that a packet matched, or the policy or end of a chain that it reached. */
export interface NfTrace {
  /** The same for one packet as long as it is in one namespace. */
  readonly id: number;
  /** `ip`, `ip6`, `inet`. */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly type: (typeof TYPES)[number];
  /** Of a rule, as nft -a shows it. */
  readonly handle?: number | undefined;
  /** `accept`, `drop`, `continue`, `return`, `jump CHAIN`, `goto CHAIN`. */
  readonly verdict: string;
  readonly mark?: number | undefined;
  /** From its IP header on, as it was in that rule: the two headers. Absent in later reports of the same hook. */
  readonly packet?: Buffer | undefined;
  /** Since Linux 6.16; absent before connection tracking has seen the packet, or where it found it invalid. */
  readonly flow?: PacketFlow | undefined;
}

const received = Buffer.from(new ArrayBuffer(1 << 16));

export class NfTraceSocket {
  readonly #socket: NetlinkSocket;

  /** Listens in a namespace from now on. Throws SyscallError. */
  constructor(netns: NetnsHandle) {
    this.#socket = listenToNetfilter(netns, [NFNLGRP_NFTRACE]);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  close(): void {
    this.#socket[Symbol.dispose]();
  }

  /** Everything received. What the kernel could not queue (ENOBUFS) is lost. */
  read(each: (trace: NfTrace) => void): void {
    eachMessage(this.fd, received, NFT_MSG_TRACE, (start, end, family) => each(decode(start, end, family)));
  }
}

function decode(from: number, to: number, family: number): NfTrace {
  const at = new Map<number, readonly [start: number, end: number]>();
  eachAttribute(received, from, to, (type, start, end) => at.set(type, [start, end]));
  const number = (attribute: number): number | undefined => {
    const [start] = at.get(attribute) ?? [];
    return start === undefined ? undefined : received.readUInt32BE(start);
  };
  const text = (attribute: number): string => {
    const [start, end] = at.get(attribute) ?? [0, 0];
    return readString(received, start, end);
  };
  const bytes = (attribute: number): Buffer => received.subarray(...(at.get(attribute) ?? [0, 0]));
  const [handle] = at.get(ATTR.handle) ?? [];
  const [direction] = at.get(ATTR.flowDirection) ?? [];
  const state = FLOW_STATES[number(ATTR.flowState) ?? 0];
  const type = TYPES[(number(ATTR.type) ?? 0) - 1] ?? "rule";
  return {
    id: number(ATTR.id) ?? 0,
    family: FAMILY_NAMES[family] ?? "",
    table: text(ATTR.table),
    chain: text(ATTR.chain),
    type,
    handle: handle === undefined ? undefined : Number(received.readBigUInt64BE(handle)),
    verdict: type === "policy" ? (CODES[number(ATTR.policy) ?? 1] ?? "accept") : verdictOf(at.get(ATTR.verdict)),
    mark: number(ATTR.mark),
    ...(state === undefined ? {} : { flow: { state, id: number(ATTR.flowId), reply: direction !== undefined && received[direction] === 1 } }), // prettier-ignore
    packet: at.has(ATTR.network) ? Buffer.concat([bytes(ATTR.network), bytes(ATTR.transport)]) : undefined,
  };
}

function verdictOf(range: readonly [number, number] | undefined): string {
  if (range === undefined) return "continue";
  let code = 1;
  let chain = "";
  eachAttribute(received, ...range, (type, start, end) => {
    if (type === VERDICT.code) code = received.readInt32BE(start);
    else if (type === VERDICT.chain) chain = readString(received, start, end);
  });
  // The upper half of a drop or a queue is an errno, or the queue's number.
  const word = CODES[code] ?? CODES[code & 0xff] ?? String(code);
  return chain === "" ? word : `${word} ${chain}`;
}
