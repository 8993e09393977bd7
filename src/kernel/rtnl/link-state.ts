/** Devices as the kernel shows them. */
import type { ObservedLink } from "../../resources/observed.ts";
import { IPV4_CONF } from "../../net/ipv4-conf.ts";
import { deviceSettings, readLinkData } from "./link-data.ts";
import { ipText, macText } from "../../net/address-bytes.ts";
import { eachAttribute, readString } from "../netlink/attribute.ts";
import {
  AF_INET,
  AF_INET6,
  BRPORT_SWITCHES,
  DEVCONF_DISABLE_IPV6,
  IF_OPER,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_UP,
  IFLA,
  IFLA_BR,
  IFLA_BRPORT,
  IFLA_INET6,
  IFLA_INET_CONF,
  IFLA_INFO,
  IFLA_VXLAN,
  IN6_ADDR_GEN_MODE_NONE,
  RTM,
} from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import type { Rtnl } from "../rtnl.ts";

/** An ObservedLink with information from the kernel's indexes. */
export interface KernelLink extends ObservedLink {
  /** Index of the bridge; ObservedLink.master is its name. */
  readonly masterIndex?: number | undefined;
  /** What it is a port of: `bridge`, `bond`, `vrf`. */
  readonly masterKind?: string | undefined;
  /** IFLA_LINK: for a veth its peer's index in the peer's namespace. */
  readonly peerIndex?: number | undefined;
  /** The id that this namespace has for the one where peerIndex counts (ip-netns list-id); absent: the same. */
  readonly peerNetnsId?: number | undefined;
  /** The kernel has given it a link-local IPv6 address by now (addrconf_link_ready(), addrconf_addr_gen()). */
  readonly linkLocal?: boolean | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** References to other devices are indexes until all devices are known. */
type RawLink = Writable<KernelLink> & { vxlanDevIndex?: number };

const SKIP_STATS = 8;
const ARPHRD_ETHER = 1;
/** Ethernet devices without ARP or multicast, and without a link-local address that follows from their MAC. */
const APART: ReadonlySet<string> = new Set(["dummy", "ipvlan", "vrf"]);
const USER_HZ = 100;

/** All devices of the namespace, references by name. */
export function dumpLinks(rtnl: Rtnl): KernelLink[] {
  const links = rtnl.socket.dump(new Message(RTM.GETLINK, 0, 16), decodeLink);
  const names = new Map(links.map((link) => [link.index, link.name]));
  for (const link of links) resolve(link, names);
  return links;
}

/** One device; undefined when there is none of that name. References stay indexes (masterIndex). */
export function getLink(rtnl: Rtnl, name: string): KernelLink | undefined {
  const message = new Message(RTM.GETLINK, 0, 16).string(IFLA.IFNAME, name).u32(IFLA.EXT_MASK, SKIP_STATS);
  return rtnl.socket.get(message, decodeLink);
}

function resolve(link: RawLink, names: ReadonlyMap<number, string>): void {
  if (link.masterIndex !== undefined) link.master = names.get(link.masterIndex);
  if (link.vxlanDevIndex !== undefined && link.vxlan !== undefined) {
    link.vxlan = { ...link.vxlan, dev: names.get(link.vxlanDevIndex) };
  }
  delete link.vxlanDevIndex;
  if (link.kind !== "veth" && link.peerNetnsId === undefined) link.link = names.get(link.peerIndex ?? 0);
  for (const setting of deviceSettings(link.kind)) {
    const index = link.data?.[setting];
    if (index !== undefined) link.data = { ...link.data, [setting]: names.get(Number(index)) ?? index };
  }
}

function decodeLink(buffer: Buffer, start: number, end: number): RawLink {
  const flags = buffer.readUInt32LE(start + 8);
  let operstate = 0;
  let ipv6 = false;
  const link: RawLink = {
    index: buffer.readInt32LE(start + 4),
    name: "",
    kind: (flags & IFF_LOOPBACK) !== 0 ? "loopback" : "device",
    mac: "",
    mtu: 0,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
  };
  eachAttribute(buffer, start + 16, end, (type, from, to) => {
    switch (type) {
      case IFLA.IFNAME:
        link.name = readString(buffer, from, to);
        break;
      case IFLA.ADDRESS:
        link.mac = macText(buffer, from, to);
        break;
      case IFLA.MTU:
        link.mtu = buffer.readUInt32LE(from);
        break;
      case IFLA.MASTER:
        link.masterIndex = buffer.readUInt32LE(from);
        break;
      case IFLA.LINK:
        link.peerIndex = buffer.readUInt32LE(from);
        break;
      case IFLA.LINK_NETNSID:
        link.peerNetnsId = buffer.readInt32LE(from);
        break;
      case IFLA.STATS64:
        link.stats = decodeStats(buffer, from);
        break;
      case IFLA.OPERSTATE:
        operstate = buffer[from] ?? 0;
        break;
      case IFLA.LINKINFO:
        decodeInfo(link, buffer, from, to);
        break;
      case IFLA.AF_SPEC:
        ipv6 = decodeFamilies(link, buffer, from, to);
        break;
      default:
    }
  });
  const isEthernet = buffer.readUInt16LE(start + 2) === ARPHRD_ETHER && !APART.has(link.kind);
  if (isEthernet) {
    if ((flags & IFF_NOARP) !== 0) setUnusual(link, "arp", false);
    if ((flags & IFF_MULTICAST) === 0) setUnusual(link, "multicast", false);
  }
  const isReady = operstate === IF_OPER.UP || operstate === IF_OPER.UNKNOWN;
  const isHost = (isEthernet || link.kind === "dummy") && (link.masterKind ?? "bridge") === "bridge";
  if (ipv6 && isReady && link.up && link.carrier && isHost) link.linkLocal = true;
  return link;
}

function setUnusual(link: RawLink, name: string, is: boolean): void {
  link.unusual = { ...link.unusual, [name]: is };
}

/** IFLA_AF_SPEC. True: IPv6 is on, and addresses are made from the device's own. */
function decodeFamilies(link: RawLink, buffer: Buffer, start: number, end: number): boolean {
  let is = false;
  eachAttribute(buffer, start, end, (family, from, to) => {
    let [off, mode] = [1, IN6_ADDR_GEN_MODE_NONE as number];
    eachAttribute(buffer, from, to, (type, at, until) => {
      if (family === AF_INET && type === IFLA_INET_CONF)
        for (const [number, name] of IPV4_CONF) {
          const place = at + (number - 1) * 4;
          if (place < until) setConf(link, name, buffer.readInt32LE(place));
        }
      if (family !== AF_INET6) return;
      const place = at + DEVCONF_DISABLE_IPV6 * 4;
      if (type === IFLA_INET6.CONF && place < until) off = buffer.readInt32LE(place);
      if (type === IFLA_INET6.ADDR_GEN_MODE) mode = buffer[at] ?? mode;
    });
    if (family !== AF_INET6) return;
    setConf(link, "disable_ipv6", off);
    is = off === 0 && mode !== IN6_ADDR_GEN_MODE_NONE;
  });
  return is;
}

function setConf(link: RawLink, name: string, value: number): void {
  if (value !== 0) link.conf = { ...link.conf, [name]: value };
}

/** struct rtnl_link_stats64. */
function decodeStats(buffer: Buffer, at: number): NonNullable<ObservedLink["stats"]> {
  const counter = (number: number): number => Number(buffer.readBigUInt64LE(at + number * 8));
  return { rxPackets: counter(0), txPackets: counter(1), rxDropped: counter(6), txDropped: counter(7) };
}

function decodeInfo(link: RawLink, buffer: Buffer, start: number, end: number): void {
  let slave = "";
  eachAttribute(buffer, start, end, (type, from, to) => {
    if (type === IFLA_INFO.DATA) link.data = readLinkData(link.kind, buffer, from, to);
    if (type === IFLA_INFO.KIND) link.kind = readString(buffer, from, to);
    else if (type === IFLA_INFO.SLAVE_KIND) link.masterKind = slave = readString(buffer, from, to);
    else if (type === IFLA_INFO.DATA && link.kind === "bridge") decodeBridge(link, buffer, from, to);
    else if (type === IFLA_INFO.DATA && link.kind === "vxlan") decodeVxlan(link, buffer, from, to);
    else if (type === IFLA_INFO.SLAVE_DATA && slave === "bridge") decodePort(link, buffer, from, to);
  });
}

function decodeBridge(link: RawLink, buffer: Buffer, start: number, end: number): void {
  eachAttribute(buffer, start, end, (type, from) => {
    if (type === IFLA_BR.STP_STATE) link.stp = buffer.readUInt32LE(from) !== 0;
    else if (type === IFLA_BR.VLAN_FILTERING) link.vlanFiltering = buffer[from] !== 0;
    else if (type === IFLA_BR.AGEING_TIME) link.ageingSeconds = buffer.readUInt32LE(from) / USER_HZ;
  });
}

function decodePort(link: RawLink, buffer: Buffer, start: number, end: number): void {
  eachAttribute(buffer, start, end, (type, from) => {
    if (type === IFLA_BRPORT.MODE) link.hairpin = buffer[from] !== 0;
    else if (type === IFLA_BRPORT.LEARNING) link.learning = buffer[from] !== 0;
    else if (type === IFLA_BRPORT.ISOLATED) link.isolated = buffer[from] !== 0;
    const [name, usual] = BRPORT_SWITCHES.get(type) ?? [];
    const is = buffer[from] !== 0;
    if (name !== undefined && is !== usual) setUnusual(link, name, is);
  });
}

function decodeVxlan(link: RawLink, buffer: Buffer, start: number, end: number): void {
  const vxlan: Writable<NonNullable<ObservedLink["vxlan"]>> = { vni: 0, port: 0, learn: false };
  eachAttribute(buffer, start, end, (type, from, to) => {
    switch (type) {
      case IFLA_VXLAN.ID:
        vxlan.vni = buffer.readUInt32LE(from);
        break;
      case IFLA_VXLAN.PORT:
        vxlan.port = buffer.readUInt16BE(from);
        break;
      case IFLA_VXLAN.LEARNING:
        vxlan.learn = buffer[from] !== 0;
        break;
      case IFLA_VXLAN.LINK:
        link.vxlanDevIndex = buffer.readUInt32LE(from);
        break;
      case IFLA_VXLAN.LOCAL:
      case IFLA_VXLAN.LOCAL6:
        vxlan.local = ipText(buffer, from, to);
        break;
      case IFLA_VXLAN.GROUP:
      case IFLA_VXLAN.GROUP6:
        vxlan.remote = ipText(buffer, from, to);
        break;
      default:
    }
  });
  link.vxlan = vxlan;
}
