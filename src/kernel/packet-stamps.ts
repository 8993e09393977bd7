/**
 * The kernel timestamps packets while a socket requests it, and starts a while after the first request: a work queue patches
 * its code (net_enable_timestamp(), net/core/dev.c). A packet without a stamp gets the time at which it is read.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "./libc.ts";
import { encodeSockaddr } from "./sockaddr.ts";
import {
  AF_INET,
  bindSocket,
  connectSocket,
  openSocket,
  sendSocket,
  setOption,
  SOCK_DGRAM,
  SocketMessage,
  socketName,
  SOL_SOCKET,
} from "./socket.ts";

const SO_TIMESTAMPING = 37;
/** SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE: nothing is reported for a packet that has no stamp. */
const SOFTWARE = 0x18;
/** Milliseconds: where the loopback is down nothing can be tried, and after this time a packet without a stamp is accepted. */
const UNSEEN = 15;
const LONGEST = 500;

let stamping: Promise<void> | undefined;

/** Resolves when packets of all namespaces are stamped; they are from then on, as long as this process lives. */
export function packetStamps(): Promise<void> {
  stamping ??= begin();
  return stamping;
}

async function begin(): Promise<void> {
  const fd = must("socket", openSocket(AF_INET, SOCK_DGRAM));
  must("setsockopt", setOption(fd, SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE), "SO_TIMESTAMPING");
  if (bindSocket(fd, encodeSockaddr("127.0.0.1", 0)) < 0 || connectSocket(fd, Buffer.from(socketName(fd))) < 0) {
    await sleep(UNSEEN);
    return;
  }
  const message = new SocketMessage(1);
  const deadline = performance.now() + LONGEST;
  while (performance.now() < deadline) {
    if (sendSocket(fd, Buffer.alloc(1)) < 0) {
      await sleep(UNSEEN);
      return;
    }
    while (message.receive(fd) >= 0) if (message.findControl(SOL_SOCKET, SO_TIMESTAMPING) >= 0) return;
    await sleep(1);
  }
}
