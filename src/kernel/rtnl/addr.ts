/** Addresses on devices, as `ip addr` makes and shows them. */
import type { ObservedAddr } from "../../resources/observed.ts";
import { ipText } from "../../net/address-bytes.ts";
import { familyOf, prefixBytes } from "../address.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import {
  AF_INET,
  AF_INET6,
  IFA,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE,
  IFA_F_TENTATIVE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM,
} from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import { unless, type Rtnl } from "../rtnl.ts";
import { scopeName, scopeNumber } from "./scope.ts";

export interface Addr {
  readonly dev: string;
  /** With prefix length. */
  readonly address: string;
  readonly scope?: string | undefined;
  /** False: without a route to the prefix (`noprefixroute`). */
  readonly prefixRoute?: false | undefined;
}

/**
 * Add an address. As `ip addr add`: no broadcast address, scope host for 127.0.0.0/8 and global otherwise.
 * IPv6 without duplicate address detection (`nodad`), so that it can be used at once.
 * Throws NetlinkError EEXIST when the device has the address.
 */
export function addAddr(rtnl: Rtnl, addr: Addr): void {
  rtnl.request(() => addrMessage(rtnl, RTM.NEWADDR, NLM_F_CREATE | NLM_F_EXCL, addr));
}

/** Remove an address; does nothing when it, or its device, is gone. */
export function deleteAddr(rtnl: Rtnl, addr: Addr): void {
  unless(["EADDRNOTAVAIL", "ENODEV"], () => rtnl.request(() => addrMessage(rtnl, RTM.DELADDR, 0, addr)));
}

/** All addresses. */
export function dumpAddrs(rtnl: Rtnl, name: (index: number) => string): ObservedAddr[] {
  return rtnl.socket.dump(new Message(RTM.GETADDR, 0, 8), (buffer, start, end) => {
    const family = buffer[start];
    if (family !== AF_INET && family !== AF_INET6) return undefined;
    let local: string | undefined;
    let address = "";
    let flags = buffer[start + 2] ?? 0;
    eachAttribute(buffer, start + 8, end, (type, from, to) => {
      if (type === IFA.LOCAL) local = ipText(buffer, from, to);
      else if (type === IFA.ADDRESS) address = ipText(buffer, from, to);
      else if (type === IFA.FLAGS) flags = buffer.readUInt32LE(from);
    });
    return {
      dev: name(buffer.readUInt32LE(start + 4)),
      address: `${local ?? address}/${buffer[start + 1]}`,
      family: family === AF_INET ? "ipv4" : "ipv6",
      scope: scopeName(buffer[start + 3] ?? 0),
      tentative: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
      ...((flags & IFA_F_NOPREFIXROUTE) === 0 ? {} : { prefixRoute: false }),
    } satisfies ObservedAddr;
  });
}

function addrMessage(rtnl: Rtnl, type: number, flags: number, addr: Addr): Message {
  const { bytes, length } = prefixBytes(addr.address);
  const scope = addr.scope ?? (bytes.length === 4 && bytes[0] === 127 ? "host" : "global");
  const message = new Message(type, flags, 8)
    .bodyU8(0, familyOf(bytes))
    .bodyU8(1, length)
    .bodyU8(3, scopeNumber(scope))
    .bodyU32(4, rtnl.index(addr.dev))
    .bytes(IFA.LOCAL, bytes)
    .bytes(IFA.ADDRESS, bytes);
  if (type !== RTM.NEWADDR) return message;
  const wished = (bytes.length === 16 ? IFA_F_NODAD : 0) | (addr.prefixRoute === false ? IFA_F_NOPREFIXROUTE : 0);
  // The fixed part has room for the first eight flags only.
  return message.bodyU8(2, wished & 0xff).u32(IFA.FLAGS, wished);
}
