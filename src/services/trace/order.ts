/** A packet as one device saw it, and the order in which packets were on the devices. */

/** From its IP header on; of ARP, from its own header on. */
export interface CapturedPacket {
  readonly ns: string;
  readonly iface: string;
  readonly direction: "in" | "out";
  /** Received with a destination MAC that is not this device's: a bridge flooded it, or a wrong MAC. Never on a bridge's port, which accepts all. */
  readonly otherHost: boolean;
  /** Nanoseconds since the epoch. */
  readonly time: bigint;
  readonly bytes: Buffer;
  /** The Ethernet header before it: two addresses and the EtherType; absent where the device has none. */
  readonly link?: Buffer | undefined;
  /** Not captured on a device (`iface` is empty): a NetworkPolicy's rule dropped it there and logged this text. */
  readonly denied?: string | undefined;
}

/** By time; at the same moment a packet leaves one device before it enters another. */
export function inOrder(a: CapturedPacket, b: CapturedPacket): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  return Number(a.direction === "in") - Number(b.direction === "in");
}
