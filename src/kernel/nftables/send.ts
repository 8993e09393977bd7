/** Sends transactions of nf_tables to the kernel, in one namespace. */
import { addressOf, declare, declareAside, must } from "../libc.ts";
import { openNetfilter } from "../netlink/netfilter.ts";
import type { NetlinkError } from "../netlink/socket.ts";
import type { NetnsHandle } from "../netns.ts";
import { setSendBuffer } from "../socket.ts";
import type { Transactions } from "./transaction.ts";

/** struct mmsghdr, msghdr and iovec of a 64-bit machine. */
const MMSGHDR = 64;
const IOVEC = 16;
/** UIO_MAXIOV: how many sendmmsg(2) takes at once. */
const MOST = 1024;

type Send = [fd: number, messages: Buffer, count: number, flags: number];
const SENDMMSG = "int sendmmsg(int fd, void *messages, unsigned int count, int flags)";
// On another thread: a large table takes the kernel some hundred milliseconds, during which others must be served.
const sendmmsgAside = declareAside<Send>(SENDMMSG);
const sendmmsg = declare<Send>(SENDMMSG);

/** What the kernel reads on another thread must not be garbage-collected: we have no other reference to it. */
const inUse = new Set<readonly Buffer[]>();

export interface RefusedStep {
  /** From 0, over all transactions. */
  readonly step: number;
  readonly error: NetlinkError;
}

/** Each transaction is accepted whole or not at all. Returns the first refusal, undefined when all were accepted. Throws SyscallError. */
export async function sendTransactions(
  netns: NetnsHandle,
  { bytes, ends }: Transactions,
): Promise<RefusedStep | undefined> {
  const headers = Buffer.from(new ArrayBuffer(ends.length * MMSGHDR));
  const vectors = Buffer.from(new ArrayBuffer(ends.length * IOVEC));
  const data = addressOf(bytes);
  const firstVector = addressOf(vectors);
  let largest = 0;
  let start = 0;
  for (const [index, end] of ends.entries()) {
    vectors.writeBigUInt64LE(data + BigInt(start), index * IOVEC);
    vectors.writeBigUInt64LE(BigInt(end - start), index * IOVEC + 8);
    headers.writeBigUInt64LE(firstVector + BigInt(index * IOVEC), index * MMSGHDR + 16);
    headers.writeBigUInt64LE(1n, index * MMSGHDR + 24);
    largest = Math.max(largest, end - start);
    start = end;
  }
  const used = [bytes, headers, vectors];
  using socket = openNetfilter(netns);
  inUse.add(used);
  try {
    // A message must fit into the socket's buffer as a whole.
    setSendBuffer(socket.fd, largest * 2 + (1 << 16));
    for (let sent = 0; sent < ends.length;) {
      const args: Send = [socket.fd, headers.subarray(sent * MMSGHDR), Math.min(MOST, ends.length - sent), 0];
      const count = await sendmmsgAside(...args);
      // When it fails, none has been sent, and why is known on this thread only.
      sent += count > 0 ? count : must("sendmmsg", sendmmsg(...args));
    }
    const [first] = socket.errors().toSorted((a, b) => a.sequence - b.sequence);
    return first === undefined ? undefined : { step: first.sequence - 1, error: first.error };
  } finally {
    inUse.delete(used);
  }
}
