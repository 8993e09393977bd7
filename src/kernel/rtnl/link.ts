/** Devices: make, change and remove them by rtnetlink. */
import type { LinkData, LinkType } from "../../net/link-type.ts";
import { writeLinkData } from "./link-data.ts";
import { ipBytes, macBytes } from "../address.ts";
import {
  AF_UNSPEC,
  BRPORT_SWITCHES,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_UP,
  IFLA,
  IFLA_BR,
  IFLA_BRPORT,
  IFLA_INFO,
  IFLA_VXLAN,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM,
  VETH_INFO_PEER,
} from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import { unless } from "../rtnl.ts";
import type { Rtnl } from "../rtnl.ts";

/** Settings of any device. Absent: unchanged. `master` null: removed from its bridge, bond or VRF. */
export interface LinkAttributes {
  readonly mac?: string | undefined;
  readonly mtu?: number | undefined;
  readonly master?: string | null | undefined;
  /** The new master is a bond: the device goes up only in it. */
  readonly bonded?: boolean | undefined;
  readonly up?: boolean | undefined;
  /** Flags that the device is given back, `arp` or `multicast` on. */
  readonly flags?: readonly string[] | undefined;
}

export interface BridgeAttributes {
  readonly stp: boolean;
  readonly ageingSeconds?: number | undefined;
  readonly vlanFiltering?: boolean | undefined;
}

export interface VxlanAttributes {
  readonly vni: number;
  readonly port: number;
  readonly local?: string | undefined;
  readonly remote?: string | undefined;
  readonly dev?: string | undefined;
  readonly learn: boolean;
}

export interface PortFlags {
  readonly hairpin?: boolean | undefined;
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
}

const IFINFOMSG = 16;
/** Ticks per second of the kernel's interface to user space, clock_t. */
const USER_HZ = 100;

function newLink(flags: number): Message {
  return new Message(RTM.NEWLINK, flags, IFINFOMSG);
}

function changeLink(name: string): Message {
  return newLink(0).string(IFLA.IFNAME, name);
}

function setUp(message: Message, up: boolean | undefined, flags: readonly string[] = []): Message {
  const multicast = flags.includes("multicast") ? IFF_MULTICAST : 0;
  const noArp = flags.includes("arp") ? IFF_NOARP : 0;
  const mask = (up === undefined ? 0 : IFF_UP) | multicast | noArp;
  return mask === 0 ? message : message.bodyU32(8, (up === true ? IFF_UP : 0) | multicast).bodyU32(12, mask);
}

function withAttributes(message: Message, rtnl: Rtnl, link: LinkAttributes): Message {
  setUp(message, link.up, link.flags);
  if (link.mac !== undefined) message.bytes(IFLA.ADDRESS, macBytes(link.mac));
  if (link.mtu !== undefined) message.u32(IFLA.MTU, link.mtu);
  if (link.master !== undefined) message.u32(IFLA.MASTER, link.master === null ? 0 : rtnl.index(link.master));
  return message;
}

/** Both ends of a veth pair in one message, each in its own namespace. The peer is left down. */
export function createVeth(
  rtnl: Rtnl,
  name: string,
  link: LinkAttributes,
  peer: {
    readonly name: string;
    readonly mac?: string | undefined;
    readonly mtu?: number | undefined;
    readonly netnsFd: number;
  },
): void {
  create(rtnl, name, link, "veth", (message) => {
    message.nest(
      VETH_INFO_PEER,
      (inner) => {
        inner.string(IFLA.IFNAME, peer.name);
        if (peer.mac !== undefined) inner.bytes(IFLA.ADDRESS, macBytes(peer.mac));
        if (peer.mtu !== undefined) inner.u32(IFLA.MTU, peer.mtu);
        inner.u32(IFLA.NET_NS_FD, peer.netnsFd);
      },
      IFINFOMSG,
    );
  });
}

/** A macvlan in mode bridge on a device of this namespace, in another one. It is left down. */
export function createMacvlanFrom(
  rtnl: Rtnl,
  lower: string,
  made: {
    readonly name: string;
    readonly mac?: string | undefined;
    readonly mtu?: number | undefined;
    readonly netnsFd: number;
  },
): void {
  rtnl.request(() => {
    const message = newLink(NLM_F_CREATE | NLM_F_EXCL)
      .string(IFLA.IFNAME, made.name)
      .u32(IFLA.LINK, rtnl.index(lower))
      .u32(IFLA.NET_NS_FD, made.netnsFd);
    if (made.mac !== undefined) message.bytes(IFLA.ADDRESS, macBytes(made.mac));
    if (made.mtu !== undefined) message.u32(IFLA.MTU, made.mtu);
    return linkInfo(message, "macvlan", (data) => writeLinkData(data, rtnl, "macvlan", { mode: "bridge" }));
  });
}

/** A bridge; its forwarding delay is 0 unless STP is on. */
export function createBridge(rtnl: Rtnl, name: string, link: LinkAttributes, bridge: BridgeAttributes): void {
  create(rtnl, name, link, "bridge", (message) => bridgeData(message, bridge));
}

export function createVxlan(rtnl: Rtnl, name: string, link: LinkAttributes, vxlan: VxlanAttributes): void {
  create(rtnl, name, link, "vxlan", (message) => {
    vxlanData(message, rtnl, vxlan);
    message.be16(IFLA_VXLAN.PORT, vxlan.port);
  });
}

/** A device that is wholly said by its type and the settings of it; `on.link`: the device that it is on. */
export function createTyped(
  rtnl: Rtnl,
  name: string,
  link: LinkAttributes,
  on: { readonly type: LinkType; readonly link?: string | undefined; readonly data: LinkData },
): void {
  const { type, link: lower, data } = on;
  create(rtnl, name, link, type, (message) => writeLinkData(message, rtnl, type, data), lower);
}

/** A device of any kind, on top of `parent` where it needs one; used to test whether the kernel has it. */
export function createPlain(
  rtnl: Rtnl,
  name: string,
  kind: string,
  data?: (message: Message) => void,
  parent?: string,
): void {
  const message = newLink(NLM_F_CREATE | NLM_F_EXCL).string(IFLA.IFNAME, name);
  if (parent !== undefined) message.u32(IFLA.LINK, rtnl.index(parent));
  rtnl.socket.request(linkInfo(message, kind, data));
}

/** Change a bridge's own settings. */
export function setBridge(rtnl: Rtnl, name: string, bridge: BridgeAttributes): void {
  const change = (write: (message: Message) => void): void =>
    rtnl.socket.request(linkInfo(changeLink(name), "bridge", write));
  // The kernel takes no forwarding delay of 0 while STP is on (br_set_forward_delay()).
  if (!bridge.stp) change((message) => message.u32(IFLA_BR.STP_STATE, 0));
  change((message) => bridgeData(message, bridge));
}

/** Change a VXLAN device, but not its port: the kernel refuses even the one that it has. A new VNI it refuses, too. */
export function setVxlan(rtnl: Rtnl, name: string, vxlan: VxlanAttributes): void {
  rtnl.request(() => linkInfo(changeLink(name), "vxlan", (message) => vxlanData(message, rtnl, vxlan)));
}

/** Change what any device has. */
export function setLink(rtnl: Rtnl, name: string, link: LinkAttributes): void {
  if (link.bonded === true && link.master !== undefined && link.master !== null) {
    const { master, up, bonded: _, ...others } = link;
    setLink(rtnl, name, { ...others, up: false });
    setLink(rtnl, name, { master });
    if (up === true) setLink(rtnl, name, { up });
    return;
  }
  rtnl.request(() => withAttributes(changeLink(name), rtnl, link));
}

/** Take a device down, give it another name, and with `netnsFd` move it into another namespace. */
export function moveLink(rtnl: Rtnl, index: number, name: string, netnsFd?: number): void {
  rtnl.forget();
  rtnl.socket.request(setUp(newLink(0).bodyU32(4, index), false));
  const renamed = newLink(0).bodyU32(4, index).string(IFLA.IFNAME, name);
  if (netnsFd !== undefined) renamed.u32(IFLA.NET_NS_FD, netnsFd);
  rtnl.socket.request(renamed);
}

/** Flags of a bridge port, and switches by name; it must be in its bridge already. */
export function setPort(
  rtnl: Rtnl,
  name: string,
  flags: PortFlags,
  switches: Readonly<Record<string, boolean>> = {},
): void {
  const message = changeLink(name).nest(IFLA.LINKINFO, (info) => {
    info.string(IFLA_INFO.SLAVE_KIND, "bridge");
    info.nest(IFLA_INFO.SLAVE_DATA, (data) => {
      if (flags.hairpin !== undefined) data.u8(IFLA_BRPORT.MODE, Number(flags.hairpin));
      if (flags.isolated !== undefined) data.u8(IFLA_BRPORT.ISOLATED, Number(flags.isolated));
      if (flags.learning !== undefined) data.u8(IFLA_BRPORT.LEARNING, Number(flags.learning));
      for (const [type, [word]] of BRPORT_SWITCHES)
        if (switches[word] !== undefined) data.u8(type, Number(switches[word]));
    });
  });
  rtnl.socket.request(message);
}

/** Remove a device; does nothing when it is gone. */
export function deleteLink(rtnl: Rtnl, name: string): void {
  rtnl.forget(name);
  const message = new Message(RTM.DELLINK, 0, IFINFOMSG).bodyU8(0, AF_UNSPEC).string(IFLA.IFNAME, name);
  unless(["ENODEV"], () => rtnl.socket.request(message));
}

function create(
  rtnl: Rtnl,
  name: string,
  link: LinkAttributes,
  kind: string,
  data?: (message: Message) => void,
  lower?: string,
): void {
  rtnl.forget(name);
  if (link.bonded === true) {
    const { master, up, ...bare } = link;
    create(rtnl, name, { ...bare, bonded: false }, kind, data, lower);
    return setLink(rtnl, name, { master, up, bonded: true });
  }
  rtnl.request(() => {
    const message = newLink(NLM_F_CREATE | NLM_F_EXCL).string(IFLA.IFNAME, name);
    if (lower !== undefined) message.u32(IFLA.LINK, rtnl.index(lower));
    return linkInfo(withAttributes(message, rtnl, link), kind, data);
  });
}

function linkInfo(message: Message, kind: string, data?: (message: Message) => void): Message {
  return message.nest(IFLA.LINKINFO, (info) => {
    info.string(IFLA_INFO.KIND, kind);
    if (data !== undefined) info.nest(IFLA_INFO.DATA, data);
  });
}

function bridgeData(message: Message, bridge: BridgeAttributes): void {
  if (bridge.vlanFiltering !== undefined) message.u8(IFLA_BR.VLAN_FILTERING, Number(bridge.vlanFiltering));
  message.u32(IFLA_BR.STP_STATE, Number(bridge.stp));
  if (!bridge.stp) message.u32(IFLA_BR.FORWARD_DELAY, 0);
  if (bridge.ageingSeconds !== undefined) message.u32(IFLA_BR.AGEING_TIME, bridge.ageingSeconds * USER_HZ);
}

function vxlanData(message: Message, rtnl: Rtnl, vxlan: VxlanAttributes): void {
  message.u32(IFLA_VXLAN.ID, vxlan.vni);
  const remote = vxlan.remote === undefined ? undefined : ipBytes(vxlan.remote);
  if (remote !== undefined) message.bytes(remote.length === 4 ? IFLA_VXLAN.GROUP : IFLA_VXLAN.GROUP6, remote);
  const local = vxlan.local === undefined ? undefined : ipBytes(vxlan.local);
  if (local !== undefined) message.bytes(local.length === 4 ? IFLA_VXLAN.LOCAL : IFLA_VXLAN.LOCAL6, local);
  if (vxlan.dev !== undefined) message.u32(IFLA_VXLAN.LINK, rtnl.index(vxlan.dev));
  message.u8(IFLA_VXLAN.LEARNING, Number(vxlan.learn));
}
