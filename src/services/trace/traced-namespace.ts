/** One namespace in which packets of traces are marked: all traces of this process share a table there, and what the kernel reports. */
import type { NetnsHandle } from "../../kernel/netns.ts";
import type { Expression } from "../../kernel/nftables/expressions.ts";
import { OwnedTable, type OwnedChain } from "../../kernel/nftables/owned-table.ts";
import { NfTraceSocket, type NfTrace } from "../../kernel/nftrace.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";

const TABLE = "k8snet-trace-";
/** All: the kernel gives a packet another id where it goes up from a bridge's port to the bridge, between two hooks. */
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"];
/** Before all rules of others. */
const FIRST = -400;
/** Behind connection tracking, which has looked at the packet there (NF_IP_PRI_CONNTRACK is -200). */
const TRACKED = -190;
const CHAINS: readonly OwnedChain[] = [
  ...HOOKS.map((hook) => ({ name: hook, hook, priority: FIRST })),
  ...["prerouting", "output"].map((hook) => ({ name: `tracked-${hook}`, hook, priority: TRACKED })),
];

export interface TraceEar {
  /** Of a packet's headers; absent: they do not say it. */
  readonly isOwn?: ((packet: Buffer) => boolean) | undefined;
  /** Its packet met a rule of others. */
  readonly met: (trace: NfTrace) => void;
  /** Its packet is where connection tracking has just looked at it. */
  readonly tracked: (trace: NfTrace) => void;
}

const all = new WeakMap<NetnsHandle, TracedNamespace>();

class TracedNamespace {
  readonly #socket: NfTraceSocket;
  readonly #table: OwnedTable;
  readonly #name = `${TABLE}${process.pid}`;
  readonly #byHandle = new Map<number, TraceEar>();
  /** Whose packet has an id now. */
  readonly #owners = new Map<number, TraceEar>();

  /** The socket first: what it needs is there, or nothing is installed. */
  constructor(netns: NetnsHandle) {
    this.#socket = new NfTraceSocket(netns);
    try {
      this.#table = new OwnedTable(netns, "inet", this.#name, CHAINS, true);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    reactor().watch(this.#socket.fd, EPOLLIN, () => this.#drain());
  }

  /** What it returns ends it; true when no trace is left. */
  join(rules: readonly (readonly Expression[])[], ear: TraceEar): () => boolean {
    const handles = this.#table.add(
      CHAINS.flatMap(({ name }) => rules.map((expressions) => ({ chain: name, expressions }))),
    );
    for (const { handle } of handles) this.#byHandle.set(handle, ear);
    return () => {
      this.#drain();
      for (const { handle } of handles) this.#byHandle.delete(handle);
      if (this.#byHandle.size > 0) {
        this.#table.delete(handles);
        for (const [id, owner] of this.#owners) if (owner === ear) this.#owners.delete(id);
        return false;
      }
      reactor().unwatch(this.#socket.fd);
      this.#socket.close();
      this.#table.remove();
      return true;
    };
  }

  #drain(): void {
    this.#socket.read((trace) => {
      const { id, packet, table, type, handle = 0, chain } = trace;
      // The kernel gives the id of a packet that is gone to the next one.
      if (packet !== undefined && this.#owners.get(id)?.isOwn?.(packet) === false) this.#owners.delete(id);
      if (table !== this.#name) {
        if (!table.startsWith(TABLE)) this.#owners.get(id)?.met(trace);
        return;
      }
      const owner = type === "rule" ? this.#byHandle.get(handle) : undefined;
      if (owner === undefined) return;
      this.#owners.set(id, owner);
      if (chain.startsWith("tracked-")) owner.tracked(trace);
    });
  }
}

/** Marks packets in a namespace that the rules match, until what it returns is called. Throws SyscallError, NetlinkError. */
export function markPackets(netns: NetnsHandle, rules: readonly (readonly Expression[])[], ear: TraceEar): () => void {
  const place = all.get(netns) ?? new TracedNamespace(netns);
  all.set(netns, place);
  try {
    const leave = place.join(rules, ear);
    return () => {
      if (leave()) all.delete(netns);
    };
  } catch (error) {
    if (place.join([], ear)()) all.delete(netns);
    throw error;
  }
}
