/** packet(7) sockets for whole Ethernet frames. */
import { constants } from "node:os";
import { closeAside, must, SyscallError } from "./libc.ts";
import { enterNetns, type NetnsHandle } from "./netns.ts";
import {
  AF_PACKET,
  bindSocket,
  interfaceIndex,
  openSocket,
  sendSocket,
  setOption,
  setReceiveBuffer,
  setSendBuffer,
  SOCK_RAW,
  SocketMessage,
  SOL_SOCKET,
} from "./socket.ts";

const ETH_P_ALL = 0x0003;
const SO_MARK = 36;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const PACKET_IGNORE_OUTGOING = 23;
const TP_STATUS_VLAN_VALID = 0x10;
const MACS = 12;
const TAG = 4;
/** The largest frame, with its VLAN tag. */
const LARGEST = 65_535 + 14 + TAG;

/** All sockets share it: nothing here is asynchronous. */
const message = new SocketMessage(LARGEST);

function open(netns: NetnsHandle, device: string, protocol: number): number {
  return enterNetns(netns, () => {
    const index = interfaceIndex(device);
    // bind(2) takes 0 for all devices.
    if (index === 0) throw new SyscallError("bind", constants.errno.ENODEV, device);
    const fd = must("socket", openSocket(AF_PACKET, SOCK_RAW), "AF_PACKET");
    // struct sockaddr_ll.
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(protocol, 2);
    address.writeInt32LE(index, 4);
    orClosed(fd, "bind", bindSocket(fd, address), device);
    return fd;
  });
}

/** Throws SyscallError for a negative result, and the socket is closed. */
function orClosed(fd: number, call: string, result: number, what: string): void {
  if (result < 0) closeAside(fd);
  must(call, result, what);
}

/** Takes what a device receives. Throws SyscallError. */
export class FrameReceiver {
  readonly fd: number;

  /** `room`: bytes of the kernel's for frames that have not been read, its own administration included. */
  constructor(netns: NetnsHandle, device: string, room: number) {
    this.fd = open(netns, device, ETH_P_ALL);
    setReceiveBuffer(this.fd, room);
    for (const option of [PACKET_AUXDATA, PACKET_IGNORE_OUTGOING])
      orClosed(this.fd, "setsockopt", setOption(this.fd, SOL_PACKET, option, 1), String(option));
  }

  close(): void {
    closeAside(this.fd);
  }

  /** The next frame as it is on a wire, valid until the next call; undefined when there is none. */
  read(): Buffer | undefined {
    for (;;) {
      const size = message.receive(this.fd);
      if (size === -100 || size === -4) continue; // ENETDOWN, which is reported once; EINTR
      if (size < 0) return undefined;
      const frame = message.data.subarray(0, size);
      // struct tpacket_auxdata: status, len, snaplen (32 bits each), mac, net, vlan_tci, vlan_tpid (16 bits each).
      const aux = message.findControl(SOL_PACKET, PACKET_AUXDATA);
      const { control } = message;
      if (aux < 0 || (control.readUInt32LE(aux) & TP_STATUS_VLAN_VALID) === 0) return frame;
      // The kernel has taken the tag out of the frame (skb_vlan_untag()).
      message.data.copyWithin(MACS + TAG, MACS, size);
      message.data.writeUInt16BE(control.readUInt16LE(aux + 18), MACS);
      message.data.writeUInt16BE(control.readUInt16LE(aux + 16), MACS + 2);
      return message.data.subarray(0, size + TAG);
    }
  }
}

/** Gives frames to a device to be sent, with a packet mark. Throws SyscallError. */
export class FrameSender {
  readonly #fd: number;

  constructor(netns: NetnsHandle, device: string, mark: number, room: number) {
    this.#fd = open(netns, device, 0);
    orClosed(this.#fd, "setsockopt", setOption(this.#fd, SOL_SOCKET, SO_MARK, mark), "SO_MARK");
    setSendBuffer(this.#fd, room);
  }

  close(): void {
    closeAside(this.#fd);
  }

  /** 0 or more; -errno: the frame is lost (ENETDOWN, ENOBUFS, EMSGSIZE), or the device is gone (ENXIO). */
  send(frame: Uint8Array): number {
    return sendSocket(this.#fd, frame);
  }
}
