/** Which work a device leaves to hardware, or to the receiver: ioctl(SIOCETHTOOL), see linux/ethtool.h. */
import { addressOf, ioctl, must } from "./libc.ts";
import { AF_INET, closeSocket, openSocket, SOCK_DGRAM } from "./socket.ts";

const SIOCETHTOOL = 0x8946;
const ETHTOOL_STXCSUM = 0x17;

/** As `ethtool -K DEV tx off`: checksums are written before a frame is sent. Throws SyscallError. */
export function writeChecksums(dev: string): void {
  const value = Buffer.alloc(8);
  value.writeUInt32LE(ETHTOOL_STXCSUM, 0);
  // struct ifreq: 16 bytes of name, then a pointer to the value.
  const ifreq = Buffer.alloc(40);
  ifreq.write(dev.slice(0, 15), 0);
  ifreq.writeBigUInt64LE(addressOf(value), 16);
  const fd = must("socket", openSocket(AF_INET, SOCK_DGRAM));
  try {
    must("ioctl", ioctl(fd, SIOCETHTOOL, ifreq), `SIOCETHTOOL ${dev}`);
  } finally {
    closeSocket(fd);
  }
}
