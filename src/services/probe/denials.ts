/**
 * Ends probes whose packet a NetworkPolicy has dropped as soon as the node's rules log it: a proof for exactly this flow,
 * where a timeout would only be a guess that takes longer. A flow is identified by both ends: the kernel uses one source port for
 * several connections of a pod when their destinations differ.
 */
import { once } from "node:events";
import { addTo } from "../../append.ts";
import { NflogSocket, type LoggedPacket } from "../../kernel/nflog.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { DENIED_GROUP } from "../../resources/policy-names.ts";
import type { DeniedFlow } from "./protocol.ts";
import { endsOfPacket, type FlowEnds } from "./flow.ts";

/** Addresses and ports, and what identifies a trace's packet: a DNS question may be 255 bytes long. */
const BYTES = 512;
/** Log messages about a flow that has just ended may still be on their way. */
const REMEMBERED_MS = 1000;

interface OpenLog {
  readonly socket: NflogSocket;
  users: number;
}

/** A flow that is waited for, or (without `denied`) one that ended a moment ago. */
export interface WatchedFlow {
  readonly ends: FlowEnds;
  denied?: ((words: string) => void) | undefined;
  /** A denied packet was attributed to it. */
  reported?: boolean;
}

export type OnPacket = (netns: NetnsHandle, words: string, packet: Buffer) => void;

/** Only one may listen to a group in a namespace: batches of probes share the sockets. By inode. */
const open = new Map<number, OpenLog>();
/** By the sending end. Pods' addresses are unique in a lab. */
const watched = new Map<string, WatchedFlow[]>();
/** By the sender's address without its port, and the other end: a node that masquerades may choose another port. */
const watchedByPath = new Map<string, WatchedFlow[]>();
/** Receives flows that are not ours. */
const foreignListeners = new Set<(flow: DeniedFlow) => void>();
/** Receives every denied packet: traces identify theirs by more than its ends. */
const packetListeners = new Set<OnPacket>();

function take(netns: NetnsHandle, { prefix, packet }: LoggedPacket): void {
  for (const onPacket of packetListeners) onPacket(netns, prefix, packet);
  const ends = endsOfPacket(packet);
  if (ends === undefined || end({ ...ends, words: prefix })) return;
  for (const notify of foreignListeners) notify({ ...ends, words: prefix });
}

function pathOf({ from, to }: FlowEnds): string {
  return `${from.slice(0, from.lastIndexOf(" "))} ${to}`;
}

/**
 * Ends the flow with these ends. A node may have translated the destination or the source port before: then it is ours only
 * if no other flow could be meant; where several could, each waits for its timeout. With another source port it is not about
 * a flow that was already denied: that one sends nothing more, and the next one gets the same verdict. False: not ours.
 */
function end({ from, to, words }: DeniedFlow): boolean {
  const onWay = watchedByPath.get(pathOf({ from, to })) ?? [];
  const candidates = watched.get(from) ?? onWay.filter(({ reported }) => reported !== true);
  const exact = candidates.filter(({ ends }) => ends.from === from && ends.to === to);
  const meant = exact.length > 0 ? exact : candidates.length === 1 ? candidates : [];
  for (const flow of meant) {
    flow.reported = true;
    flow.denied?.(words);
  }
  return candidates.length > 0 || onWay.length > 0;
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
    reactor().watch(socket.fd, EPOLLIN, () => socket.read((logged) => take(netns, logged)));
  } catch {
    // Another program listens (tcpdump -i nflog:100), or the kernel has no NFLOG: the probes wait for their timeouts.
  }
}

function leave(netns: NetnsHandle): void {
  const log = open.get(netns.inode);
  if (log === undefined || --log.users > 0) return;
  open.delete(netns.inode);
  reactor().unwatch(log.socket.fd);
  log.socket.close();
}

/** Listens in the namespaces while `work` is done; `onPacket` is given every denied packet, valid in the call only. */
export async function listenForDenials<T>(
  namespaces: readonly NetnsHandle[],
  work: () => Promise<T>,
  onPacket?: OnPacket,
): Promise<T> {
  const joined = namespaces.filter((netns) => {
    listen(netns);
    return open.has(netns.inode);
  });
  if (onPacket !== undefined) packetListeners.add(onPacket);
  try {
    return await work();
  } finally {
    if (onPacket !== undefined) packetListeners.delete(onPacket);
    for (const netns of joined) leave(netns);
  }
}

/** Listens for other machines: the callback gets denied flows that belong to no probe of ours. Until `signal`. */
export async function listenForOthers(
  namespaces: readonly NetnsHandle[],
  notify: (flow: DeniedFlow) => void,
  signal: AbortSignal,
): Promise<void> {
  foreignListeners.add(notify);
  const ended = once(signal, "abort");
  await listenForDenials(namespaces, () => ended);
  foreignListeners.delete(notify);
}

/** Another machine has denied these. */
export function takeDenied(flows: readonly DeniedFlow[]): void {
  for (const flow of flows) end(flow);
}

/** True while something listens, here or for us; otherwise watching flows is useless. */
export function isListeningForDenials(): boolean {
  return open.size > 0 || foreignListeners.size > 0;
}

/** Calls `denied` with the rule's text when a packet of this flow is dropped. What it returns is for forgetFlow(). */
export function watchFlow(ends: FlowEnds, denied: (words: string) => void): WatchedFlow {
  const flow: WatchedFlow = { ends, denied };
  addTo(watched, ends.from, flow);
  addTo(watchedByPath, pathOf(ends), flow);
  return flow;
}

/** It has ended; late log messages are still attributed to it. */
export function forgetFlow(flow: WatchedFlow): void {
  flow.denied = undefined;
  setTimeout(() => {
    remove(watched, flow.ends.from, flow);
    remove(watchedByPath, pathOf(flow.ends), flow);
  }, REMEMBERED_MS).unref();
}

function remove(flows: Map<string, WatchedFlow[]>, key: string, flow: WatchedFlow): void {
  const rest = (flows.get(key) ?? []).filter((one) => one !== flow);
  if (rest.length === 0) flows.delete(key);
  else flows.set(key, rest);
}
