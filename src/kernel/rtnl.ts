/** One namespace's rtnetlink socket and a cache of its device indexes. Opened once, used from outside. */
import { ioctl } from "./libc.ts";
import { enterNetns, onCloseNetns, flushNetns, type NetnsHandle } from "./netns.ts";
import type { Message } from "./netlink/message.ts";
import { NetlinkError, NetlinkSocket } from "./netlink/socket.ts";

const SIOCGIFINDEX = 0x8933;
const ENODEV = 19;
/** struct ifreq: 16 bytes of name, then the index. */
const ifreq = Buffer.alloc(40);

export class Rtnl {
  readonly netns: NetnsHandle;
  readonly socket: NetlinkSocket;
  readonly #indexes = new Map<string, number>();

  constructor(netns: NetnsHandle) {
    this.netns = netns;
    this.socket = enterNetns(netns, () => new NetlinkSocket());
  }

  /** Index of a device. Throws NetlinkError ENODEV naming the device. */
  index(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    const index = this.findIndex(name);
    if (index === undefined) throw new NetlinkError(ENODEV, `Cannot find device "${name}" in ${this.netns.name}`);
    this.#indexes.set(name, index);
    return index;
  }

  /** Index of a device as the kernel has it now; undefined when there is none. */
  findIndex(name: string): number | undefined {
    if (Buffer.byteLength(name) > 15) return undefined;
    ifreq.fill(0);
    ifreq.write(name, 0);
    if (ioctl(this.socket.fd, SIOCGIFINDEX, ifreq) < 0) return undefined;
    return ifreq.readInt32LE(16);
  }

  /** Forget the index of a device that was made or removed, or of all. */
  forget(name?: string): void {
    if (name === undefined) this.#indexes.clear();
    else this.#indexes.delete(name);
  }

  /** Sends what `make` makes, which may use index(), and waits for the acknowledgement. Throws NetlinkError. */
  request(make: () => Message): void {
    this.withIndexes(() => this.socket.request(make()));
  }

  /**
   * Run `work`, which uses index(); when the kernel no longer knows the device (it was removed and
   * recreated), look the indexes up again and run it once more. For an unknown master the kernel returns EINVAL.
   */
  withIndexes<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isErrno(error, "ENODEV", "EINVAL") || this.#indexes.size === 0) throw error;
      this.#indexes.clear();
      return work();
    }
  }
}

const open = new WeakMap<NetnsHandle, Rtnl>();

/** The rtnetlink socket of a namespace, opened at the first call and closed by closeNetns(). Pending work is done first. */
export function rtnlOf(netns: NetnsHandle): Rtnl {
  flushNetns(netns);
  return rtnlDeferred(netns);
}

/** Like rtnlOf(), but pending work of the namespace stays pending. */
export function rtnlDeferred(netns: NetnsHandle): Rtnl {
  let rtnl = open.get(netns);
  if (rtnl === undefined) {
    const made = new Rtnl(netns);
    rtnl = made;
    open.set(netns, made);
    onCloseNetns(netns, () => {
      open.delete(netns);
      made.socket[Symbol.dispose]();
    });
  }
  return rtnl;
}

/** Does `work`; a NetlinkError with one of the errno names says that there is nothing to do. */
export function unless(codes: readonly string[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, ...codes)) throw error;
  }
}

/** True for a NetlinkError with one of the errno names. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof NetlinkError && codes.includes(error.code);
}
