/**
 * A table of nf_tables that belongs to this process (NFT_TABLE_F_OWNER, Linux 5.12): the kernel removes it when the socket that made
 * it is closed, whatever ends the process. No other process can change it.
 */
import { closeAside, must } from "../libc.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_ECHO, NLMSG_ERROR } from "../netlink/constants.ts";
import { align } from "../netlink/message.ts";
import { NFGENMSG, openNetfilter } from "../netlink/netfilter.ts";
import { NetlinkError, type NetlinkSocket } from "../netlink/socket.ts";
import { onCloseNetns, type NetnsHandle } from "../netns.ts";
import { receiveSocket, sendSocket } from "../socket.ts";
import { HOOKS, NFNL_SUBSYS_NFTABLES, NFPROTO, NFT_MSG, NFTA_CHAIN, NFTA_HOOK, NFTA_RULE, NFTA_TABLE } from "./constants.ts"; // prettier-ignore
import type { Expression } from "./expressions.ts";
import { MessageWriter } from "./message-writer.ts";

const FLAGS = 2;
const NFT_TABLE_F_OWNER = 2;
const HEADER = 16;
const NEWRULE = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG.NEWRULE;

export interface OwnedChain {
  readonly name: string;
  /** `prerouting`; `egress` of a device. */
  readonly hook: string;
  /** Of family netdev. */
  readonly device?: string | undefined;
  readonly priority: number;
}

export interface OwnedRule {
  readonly chain: string;
  readonly expressions: readonly Expression[];
}

/** What the kernel knows a rule by. */
export interface RuleHandle {
  readonly chain: string;
  readonly handle: number;
}

const sockets = new WeakMap<NetnsHandle, NetlinkSocket>();
const passing = new WeakMap<NetnsHandle, PassingTables>();

/** Of tables that are there for a moment: changes of theirs so far, and how many there are. */
export interface PassingTables {
  readonly changes: number;
  readonly tables: number;
}

export function passingTables(netns: NetnsHandle): PassingTables {
  return passing.get(netns) ?? { changes: 0, tables: 0 };
}

const received = Buffer.from(new ArrayBuffer(1 << 16));

/**
 * One for all tables of a namespace, until the handle is closed: to close it takes some 10 ms, as the kernel waits for all readers of
 * rules (RCU), and lets no process change tables meanwhile.
 */
function socketOf(netns: NetnsHandle): NetlinkSocket {
  const known = sockets.get(netns);
  if (known !== undefined) return known;
  const socket = openNetfilter(netns);
  sockets.set(netns, socket);
  onCloseNetns(netns, () => {
    sockets.delete(netns);
    closeAside(socket.fd);
  });
  return socket;
}

export class OwnedTable {
  readonly #socket: NetlinkSocket;
  readonly #family: number;
  readonly #name: string;
  readonly #netns: NetnsHandle;
  readonly #passes: boolean;

  /** Makes the table with its chains. `passes`: it is none that readGeneration() is to know of. Throws NetlinkError where the kernel refuses it. */
  constructor(
    netns: NetnsHandle,
    family: keyof typeof NFPROTO,
    name: string,
    chains: readonly OwnedChain[],
    passes = false,
  ) {
    this.#netns = netns;
    this.#passes = passes;
    this.#socket = socketOf(netns);
    this.#family = NFPROTO[family];
    this.#name = name;
    this.#send((out, message) => {
      message(NFT_MSG.NEWTABLE, 0, () => {
        out.text(NFTA_TABLE.NAME, name);
        out.u32(FLAGS, NFT_TABLE_F_OWNER);
      });
      for (const chain of chains)
        message(NFT_MSG.NEWCHAIN, NLM_F_CREATE, () => {
          out.text(NFTA_CHAIN.TABLE, name);
          out.text(NFTA_CHAIN.NAME, chain.name);
          out.text(NFTA_CHAIN.TYPE, "filter");
          out.nest(NFTA_CHAIN.HOOK, () => {
            out.u32(NFTA_HOOK.HOOKNUM, HOOKS[chain.hook] ?? 0);
            out.u32(NFTA_HOOK.PRIORITY, chain.priority);
            if (chain.device !== undefined) out.text(NFTA_HOOK.DEV, chain.device);
          });
        });
    }, 1);
  }

  /** Handles in the order of the rules, all or none. Throws NetlinkError. */
  add(rules: readonly OwnedRule[]): readonly RuleHandle[] {
    const handles = this.#send((out, message) => {
      for (const { chain, expressions } of rules)
        message(NFT_MSG.NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ECHO, () => {
          out.text(NFTA_RULE.TABLE, this.#name);
          out.text(NFTA_RULE.CHAIN, chain);
          out.nest(NFTA_RULE.EXPRESSIONS, () => {
            for (const expression of expressions) expression(out);
          });
        });
    });
    return rules.flatMap(({ chain }, i) => {
      const handle = handles[i];
      return handle === undefined ? [] : [{ chain, handle }];
    });
  }

  delete(rules: readonly RuleHandle[]): void {
    this.#send((out, message) => {
      for (const { chain, handle } of rules)
        message(NFT_MSG.DELRULE, 0, () => {
          out.text(NFTA_RULE.TABLE, this.#name);
          out.text(NFTA_RULE.CHAIN, chain);
          out.u64(NFTA_RULE.HANDLE, BigInt(handle));
        });
    });
  }

  remove(): void {
    this.#send((out, message) => message(NFT_MSG.DELTABLE, 0, () => out.text(NFTA_TABLE.NAME, this.#name)), -1);
  }

  /** Returns handles of new rules. `tables`: so many more there are afterwards. None once the namespace is closed: its tables are gone. */
  #send(
    fill: (out: MessageWriter, message: (type: number, flags: number, fill: () => void) => void) => void,
    tables = 0,
  ): readonly number[] {
    if (sockets.get(this.#netns) !== this.#socket) return [];
    const out = new MessageWriter(4096);
    let sequence = 0;
    out.batch(() => fill(out, (type, flags, write) => out.message(type, this.#family, flags, ++sequence, write)));
    must("send", sendSocket(this.#socket.fd, out.bytes), "netlink");
    const handles: number[] = [];
    let refused: NetlinkError | undefined;
    for (let end = this.#receive(); end >= HEADER; end = this.#receive())
      for (let at = 0; at + HEADER <= end; at += align(received.readUInt32LE(at))) {
        const type = received.readUInt16LE(at + 4);
        const error = type === NLMSG_ERROR ? -received.readInt32LE(at + HEADER) : 0;
        if (error !== 0) refused ??= new NetlinkError(error, undefined);
        if (type !== NEWRULE) continue;
        eachAttribute(received, at + HEADER + NFGENMSG, at + received.readUInt32LE(at), (attribute, start) => {
          if (attribute === NFTA_RULE.HANDLE) handles.push(Number(received.readBigUInt64BE(start)));
        });
      }
    if (refused !== undefined) throw refused;
    const before = passingTables(this.#netns);
    if (this.#passes && sequence > 0)
      passing.set(this.#netns, { changes: before.changes + 1, tables: before.tables + tables });
    return handles;
  }

  #receive(): number {
    return receiveSocket(this.#socket.fd, received);
  }
}
