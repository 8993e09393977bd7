/**
 * Waits for the first packet that a filter of tcpdump matches in a namespace, sent there or arriving, and holds it until a trace listens:
 * xt_bpf looks at packets in the kernel, and NFQUEUE hands the first over. Later ones pass as soon as there is a first.
 */
import { toolOutput } from "../../apply/run-tool.ts";
import { HostError, messageOf, UsageError } from "../../errors.ts";
import { enterNetns } from "../../kernel/netns.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { NfQueue } from "../../kernel/nfqueue.ts";
import type { QueuedPacket } from "../../kernel/nfqueue.ts";
import { xtMatch, xtTarget } from "../../kernel/nftables/expressions.ts";
import { OwnedTable } from "../../kernel/nftables/owned-table.ts";
import type { RuleHandle } from "../../kernel/nftables/owned-table.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { interfaceName } from "../../kernel/socket.ts";

/** Before the rules that mark packets for a trace. */
const PRIORITY = -450;
const HOOKS = ["prerouting", "output"];
/** XT_BPF_MAX_NUM_INSTR, and the size of struct xt_bpf_info. */
const MOST = 64;
const BPF_INFO = 528;
/** NFQ_FLAG_BYPASS: where nothing takes the packets of the queue, they pass. */
const BYPASS = 1;
const BYTES = 2048;
const QUEUES = 0x6b38;
/** A pcapng file without packets, of raw IP (a section and an interface): tcpdump compiles for what it reads. */
const EMPTY = Buffer.from(
  "0a0d0d0a1c0000004d3c2b1a0100000000000000000000001c0000000100000014000000650000000000040014000000",
  "hex",
).toString("latin1");
let holds = 0;

export interface HeldPacket {
  readonly bytes: Buffer;
  /** The device on which it came in; absent: sent here. */
  readonly iface?: string | undefined;
  /** Lets it and what came after it pass; a second call does nothing. */
  readonly release: () => void;
}

/** The classic BPF program of a filter. Throws UsageError where tcpdump refuses it. */
async function compileFilter(netns: NetnsHandle, filter: string): Promise<Buffer> {
  const said = await toolOutput(netns, ["tcpdump", "-ddd", "-r", "-", "--", filter], EMPTY).catch((error: unknown) => {
    const why = /tcpdump: (.+)/.exec(messageOf(error))?.[1] ?? messageOf(error);
    throw new UsageError(`tcpdump does not understand ${JSON.stringify(filter)}: ${why}`, "see pcap-filter(7)");
  });
  const lines = said.trim().split("\n").slice(1);
  if (lines.length > MOST)
    throw new UsageError(`the filter has ${lines.length} instructions, of which the kernel takes ${MOST}`, "make it shorter"); // prettier-ignore
  const info = Buffer.alloc(BPF_INFO);
  info.writeUInt16LE(lines.length);
  for (const [i, line] of lines.entries()) {
    const [code = 0, jt = 0, jf = 0, k = 0] = line.split(" ").map(Number);
    const at = 4 + i * 8;
    info.writeUInt16LE(code, at);
    info[at + 2] = jt;
    info[at + 3] = jf;
    info.writeUInt32LE(k, at + 4);
  }
  return info;
}

/** Undefined when `signal` came first. Throws UsageError, and HostError where the kernel lacks what it takes. */
export async function holdFirst(
  netns: NetnsHandle,
  filter: string,
  listening: () => void,
  signal: AbortSignal,
): Promise<HeldPacket | undefined> {
  const program = await compileFilter(netns, filter);
  if (signal.aborted) return undefined;
  const number = QUEUES + (++holds % 1000);
  const queue = openQueue(netns, number);
  const queueInfo = Buffer.alloc(8);
  for (const [i, value] of [number, 1, BYPASS].entries()) queueInfo.writeUInt16LE(value, i * 2);
  const expressions = [xtMatch("bpf", 0, program), xtTarget("NFQUEUE", 3, queueInfo)];
  const tables: { readonly table: OwnedTable; readonly rules: readonly RuleHandle[] }[] = [];
  const waiting: QueuedPacket[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let passing = false;
  /** The chains stay: the kernel drops what is queued when a hook goes. */
  const letOthersPass = (): void => {
    if (!passing) for (const { table, rules } of tables) table.delete(rules);
    passing = true;
  };
  const end = (): void => {
    letOthersPass();
    queue.read((packet) => waiting.push(packet));
    for (const { id } of waiting.splice(0)) queue.accept(id);
    reactor().unwatch(queue.fd);
    queue.close();
    for (const { table } of tables.splice(0)) table.remove();
  };
  reactor().watch(queue.fd, EPOLLIN, () => {
    queue.read((packet) => waiting.push(packet));
    letOthersPass();
    resolve();
  });
  try {
    for (const family of ["ipv4", "ipv6"] as const) {
      const chains = HOOKS.map((hook) => ({ name: hook, hook, priority: PRIORITY }));
      const table = new OwnedTable(netns, family, `k8snet-match-${process.pid}-${holds}`, chains, true);
      try {
        tables.push({ table, rules: table.add(HOOKS.map((chain) => ({ chain, expressions }))) });
      } catch (error) {
        table.remove();
        throw error;
      }
    }
  } catch (error) {
    end();
    throw lacking(error);
  }
  signal.addEventListener("abort", () => resolve(), { once: true });
  listening();
  await promise;
  const [first] = waiting;
  if (first === undefined) {
    end();
    return undefined;
  }
  const iface = first.indev === undefined ? undefined : enterNetns(netns, () => interfaceName(first.indev ?? 0));
  let held = true;
  return {
    bytes: first.bytes,
    ...(iface === undefined ? {} : { iface }),
    release: () => {
      if (held) end();
      held = false;
    },
  };
}

function openQueue(netns: NetnsHandle, number: number): NfQueue {
  try {
    return new NfQueue(netns, number, BYTES);
  } catch (error) {
    throw lacking(error);
  }
}

function lacking(error: unknown): HostError {
  return new HostError(
    `the kernel does not hold packets for --match: ${messageOf(error)}`,
    "it takes nfnetlink_queue, xt_NFQUEUE, xt_bpf, nft_compat and Linux 5.12",
  );
}
