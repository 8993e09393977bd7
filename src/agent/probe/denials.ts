/**
 * Ends probes whose packet a NetworkPolicy has dropped as soon as the node's rules log it: a proof about exactly this flow,
 * where a timeout would only be a guess that takes longer.
 */
import { NflogSocket } from "../../kernel/nflog.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { AF_INET } from "../../kernel/socket.ts";
import { DENIED_GROUP } from "../../plan/policy-names.ts";
import type { DeniedFlow } from "../protocol-machine.ts";

/** Addresses and ports are in the first bytes, also behind an IPv6 header. */
const BYTES = 64;
const IPV6_HEADER = 40;

interface OpenLog {
  readonly socket: NflogSocket;
  users: number;
}

/** Only one may listen to a group in a namespace: batches of probes share the sockets. By inode. */
const open = new Map<number, OpenLog>();
/** What to do when a flow is denied, by flowKey(). Pods' addresses are unique in a lab. */
const waiting = new Map<string, (words: string) => void>();
/** Who wants to know of flows that are none of ours. */
const strangers = new Set<(flow: DeniedFlow) => void>();

/** Protocol, source address and port; the destination may have been translated on the way. */
function flowKey(protocol: number, address: Buffer, from: number, to: number, port: number): string {
  return `${protocol} ${address.toString("latin1", from, to)} ${port}`;
}

function take(words: string, packet: Buffer): void {
  const version = (packet[0] ?? 0) >> 4;
  const header = version === 4 ? ((packet[0] ?? 0) & 15) * 4 : IPV6_HEADER;
  if (packet.length < header + 4) return;
  const key =
    version === 4
      ? flowKey(packet[9] ?? 0, packet, 12, 16, packet.readUInt16BE(header))
      : flowKey(packet[6] ?? 0, packet, 8, 24, packet.readUInt16BE(header));
  const denied = waiting.get(key);
  if (denied !== undefined) denied(words);
  else for (const tell of strangers) tell({ flow: key, words });
}

function listen(netns: NetnsHandle): void {
  const known = open.get(netns.inode);
  if (known !== undefined) {
    known.users++;
    return;
  }
  try {
    const socket = new NflogSocket(netns, DENIED_GROUP, BYTES);
    open.set(netns.inode, { socket, users: 1 });
    reactor().watch(socket.fd, EPOLLIN, () => socket.read(({ prefix, packet }) => take(prefix, packet)));
  } catch {
    // Somebody else listens (tcpdump -i nflog:100), or the kernel has no NFLOG: the probes wait for their timeouts.
  }
}

function leave(netns: NetnsHandle): void {
  const log = open.get(netns.inode);
  if (log === undefined || --log.users > 0) return;
  open.delete(netns.inode);
  reactor().unwatch(log.socket.fd);
  log.socket.close();
}

/** Listens in the namespaces while `work` is done. */
export async function hearDenials<T>(namespaces: readonly NetnsHandle[], work: () => Promise<T>): Promise<T> {
  const heard = namespaces.filter((netns) => {
    listen(netns);
    return open.has(netns.inode);
  });
  try {
    return await work();
  } finally {
    for (const netns of heard) leave(netns);
  }
}

/** Listens for other machines: `tell` is called with denied flows that no probe of ours has. Until `signal`. */
export async function hearStrangers(
  namespaces: readonly NetnsHandle[],
  tell: (flow: DeniedFlow) => void,
  signal: AbortSignal,
): Promise<void> {
  strangers.add(tell);
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await hearDenials(namespaces, () => ended);
  strangers.delete(tell);
}

/** Another machine has denied these. */
export function takeDenied(flows: readonly DeniedFlow[]): void {
  for (const { flow, words } of flows) waiting.get(flow)?.(words);
}

/** True while somebody listens, here or for us; otherwise there is no use in telling flows. */
export function denialsAreHeard(): boolean {
  return open.size > 0 || strangers.size > 0;
}

/** Calls `denied` with the rule's words when a packet of this flow is dropped. `source`: the socket's own sockaddr. Returns the key for forgetFlow(). */
export function watchFlow(protocol: number, source: Buffer, denied: (words: string) => void): string {
  const port = source.readUInt16BE(2);
  const six = source.readUInt16LE(0) !== AF_INET;
  const key = flowKey(protocol, source, six ? 8 : 4, six ? 24 : 8, port);
  waiting.set(key, denied);
  return key;
}

export function forgetFlow(key: string): void {
  waiting.delete(key);
}
