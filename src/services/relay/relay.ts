/**
 * netem without a kernel that has it: what a device gives out goes to a veth pair whose other end is in a namespace without a name,
 * is read there, kept as long as it is to be late, and given to the device again.
 *
 *     lab's namespace                      without a name
 *     … -> DEV, egress -> relay-DEV  <==>  far  -> this process
 *            ^------------ marked frame -----------'
 *
 * The rules that send packets there belong to this process, the namespace to a file that it has open: when it dies,
 * nothing of this is left. The veth writes checksums and takes no segments that are yet to be cut, so each frame is as on a wire.
 */
import { randomOf } from "../../net/seeded-random.ts";
import { writeChecksums } from "../../kernel/ethtool.ts";
import { closeNetns, createAnonymousNetns, enterNetns, type NetnsHandle } from "../../kernel/netns.ts";
import type { OwnedTable } from "../../kernel/nftables/owned-table.ts";
import { FrameReceiver, FrameSender } from "../../kernel/packet-socket.ts";
import { EPOLLIN, reactor } from "../../kernel/reactor.ts";
import { createVeth, deleteLink, setLink } from "../../kernel/rtnl/link.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import { interfaceIndex } from "../../kernel/socket.ts";
import { writeSysctl } from "../../kernel/sysctl.ts";
import { Timer } from "../../kernel/timer.ts";
import type { RunningRelay } from "../../resources/relay/apply.ts";
import { relayName, withoutIpv6, type RelayResource } from "../../resources/relay/definition.ts";
import { divert } from "./diversion.ts";
import { DueQueue } from "./due-queue.ts";
import { corrupted, impair } from "./impairment.ts";

const FAR = "far";
/** The largest of a veth: what the device can send passes. */
const MTU = 65_535;
/** Of packets that come back. */
const MARK = 0x72656c79;
/** Bytes that wait in the kernel on both sides. */
const ROOM = 4 * 1024 * 1024;
/** Bytes that wait here, whatever the limit of packets is. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Frames between two looks at others. */
const TURN = 64;

class Relay implements RunningRelay {
  readonly #home: NetnsHandle;
  readonly #name: string;
  readonly #far: NetnsHandle;
  readonly #receiver: FrameReceiver;
  readonly #sender: FrameSender;
  readonly #diversion: OwnedTable;
  readonly #timer = new Timer(() => {
    this.#set = Infinity;
    this.#send();
  });
  readonly #queue = new DueQueue<Uint8Array>();
  readonly #random: () => number;
  #settings: RelayResource;
  #bytes = 0;
  #set = Infinity;
  #stopped = false;

  constructor(resource: RelayResource, home: NetnsHandle) {
    this.#home = home;
    this.#settings = resource;
    this.#random = randomOf(resource.seed);
    this.#name = relayName(resource.dev);
    const opened = [(): void => this.#timer.close()];
    try {
      const far = (this.#far = createAnonymousNetns());
      opened.push(() => closeNetns(far));
      this.#connect();
      opened.push(() => deleteLink(rtnlOf(home), this.#name));
      const receiver = (this.#receiver = new FrameReceiver(this.#far, FAR, ROOM));
      opened.push(() => receiver.close());
      const sender = (this.#sender = new FrameSender(home, resource.dev, MARK, ROOM));
      opened.push(() => sender.close());
      const to = enterNetns(home, () => interfaceIndex(this.#name));
      const diversion = (this.#diversion = divert(home, {
        table: this.#name,
        device: resource.dev,
        to,
        passing: MARK,
      }));
      opened.push(() => diversion.remove());
      reactor().watch(receiver.fd, EPOLLIN, () => this.#take(TURN));
    } catch (error) {
      for (const close of opened.toReversed()) gone(close);
      throw error;
    }
  }

  #connect(): void {
    const rtnl = rtnlOf(this.#home);
    createVeth(rtnl, this.#name, { mtu: MTU }, { name: FAR, mtu: MTU, netnsFd: this.#far.fd });
    enterNetns(this.#home, () => writeChecksums(this.#name));
    setLink(rtnlOf(this.#far), FAR, { up: true });
    silence(this.#home, this.#settings.dev);
    setLink(rtnl, this.#name, { up: true });
  }

  /** False once its device has been deleted. */
  get running(): boolean {
    return !this.#stopped && enterNetns(this.#home, () => interfaceIndex(this.#name)) !== 0;
  }

  /** Packets that wait keep their time. */
  change(resource: RelayResource): void {
    this.#settings = resource;
  }

  /** What waits is sent at once. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    gone(() => this.#diversion.remove());
    reactor().unwatch(this.#receiver.fd, false);
    for (let frame = this.#queue.take(); frame !== undefined; frame = this.#queue.take()) this.#sender.send(frame);
    for (let frame = this.#receiver.read(); frame !== undefined; frame = this.#receiver.read())
      this.#sender.send(frame);
    this.#timer.close();
    this.#receiver.close();
    this.#sender.close();
    // Its other end goes with it.
    gone(() => deleteLink(rtnlOf(this.#home), this.#name));
    closeNetns(this.#far);
  }

  #take(most: number): void {
    const { limit } = this.#settings;
    // One time for all that has come together: it leaves together.
    const now = performance.now();
    for (let n = 0; n < most; n++) {
      const frame = this.#receiver.read();
      if (frame === undefined) break;
      for (const { after, corruptAt } of impair(this.#settings, this.#random)) {
        const sent = corruptAt === undefined ? frame : corrupted(frame, corruptAt);
        if (after === 0) this.#sender.send(sent);
        else if (this.#queue.size < limit && this.#bytes + sent.length <= MOST_BYTES) {
          this.#bytes += sent.length;
          this.#queue.add(now + after, new Uint8Array(sent));
        }
      }
    }
    this.#send();
  }

  /** What is due; the timer waits for the next. */
  #send(): void {
    const now = performance.now();
    while (this.#queue.nextDue <= now) {
      const frame = this.#queue.take();
      if (frame === undefined) break;
      this.#bytes -= frame.length;
      this.#sender.send(frame);
    }
    const next = this.#queue.nextDue;
    if (next === Infinity || next === this.#set) return;
    this.#set = next;
    this.#timer.set(next - now);
  }
}

/** Its namespace or its device may have been deleted, and this with it. */
function gone(remove: () => void): void {
  try {
    remove();
  } catch {
    // so it is gone
  }
}

/** Or the kernel would announce itself on it, and that would be sent. */
function silence(netns: NetnsHandle, dev: string): void {
  try {
    writeSysctl(netns, withoutIpv6(dev), "1");
  } catch {
    // a kernel without IPv6
  }
}

/** Runs when it returns. Throws SyscallError, NetlinkError. */
export function startRelay(resource: RelayResource, netns: NetnsHandle): RunningRelay {
  return new Relay(resource, netns);
}
