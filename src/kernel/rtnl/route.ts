/** Routes, as `ip route` makes and shows them. */
import type { NextHop } from "../../resources/route/next-hop.ts";
import { protocolName, protocolNumber } from "../../net/route-protocol.ts";
import type { ObservedRoute } from "../../resources/observed.ts";
import { ipText } from "../../net/address-bytes.ts";
import { familyOf, ipBytes, prefixBytes } from "../address.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import {
  AF_INET,
  AF_INET6,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  RTA,
  RTAX_MTU,
  RTM,
  RTM_F_CLONED,
  RTNH_F_ONLINK,
  RTPROT_BOOT,
} from "../netlink/constants.ts";
import { align, Message } from "../netlink/message.ts";
import { enterNetns } from "../netns.ts";
import { unless } from "../rtnl.ts";
import type { Rtnl } from "../rtnl.ts";
import { interfaceName } from "../socket.ts";
import { routeTypeName, routeTypeNumber, scopeName, scopeNumber } from "./scope.ts";

export type Route = Omit<ObservedRoute, "family" | "scope" | "protocol"> &
  Partial<Pick<ObservedRoute, "scope" | "protocol">>;

/** Types that lead nowhere: they have no device, though IPv6 shows `lo`. */
const REJECTING: ReadonlySet<string> = new Set(["blackhole", "unreachable", "prohibit", "throw"]);

/** `ip route add`; throws NetlinkError EEXIST when there is one to the same prefix with the same metric and table. */
export function addRoute(rtnl: Rtnl, route: Route): void {
  rtnl.request(() => routeMessage(rtnl, RTM.NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route));
}

/** `ip route append`: beside others to the same prefix; throws NetlinkError EEXIST when this very one is there. */
export function appendRoute(rtnl: Rtnl, route: Route): void {
  rtnl.request(() => routeMessage(rtnl, RTM.NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, route));
}

/** `ip route replace`. */
export function replaceRoute(rtnl: Rtnl, route: Route): void {
  rtnl.request(() => routeMessage(rtnl, RTM.NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route));
}

/** `ip route del`; does nothing when it, or its device, is gone. */
export function deleteRoute(rtnl: Rtnl, route: Route): void {
  unless(["ESRCH", "ENODEV"], () => rtnl.request(() => routeMessage(rtnl, RTM.DELROUTE, 0, route)));
}

/** Routes of all tables, no cached ones. */
export function dumpRoutes(rtnl: Rtnl, name: (index: number) => string): ObservedRoute[] {
  return rtnl.socket.dump(new Message(RTM.GETROUTE, 0, 12), (buffer, start, end) =>
    decodeRoute(buffer, start, end, name),
  );
}

export interface RouteLookup {
  readonly to: string;
  /** A packet that is forwarded: its sender, and the device on which it came in. Absent: sent here. */
  readonly from?: string | undefined;
  readonly iif?: string | undefined;
}

const RTM_F_FIB_MATCH = 0x2000;
const RTA_SRC = 2;
const RTA_IIF = 3;

/** `ip route get fibmatch`: the route that such a packet takes. Throws NetlinkError where there is none. */
export function lookUpRoute(rtnl: Rtnl, { to, from, iif }: RouteLookup): ObservedRoute | undefined {
  const bytes = ipBytes(to);
  const message = new Message(RTM.GETROUTE, 0, 12)
    .bodyU8(0, familyOf(bytes))
    .bodyU8(1, bytes.length * 8)
    .bodyU32(8, RTM_F_FIB_MATCH)
    .bytes(RTA.DST, bytes);
  if (from !== undefined && iif !== undefined) {
    message.bodyU8(2, bytes.length * 8).bytes(RTA_SRC, ipBytes(from));
    message.u32(RTA_IIF, rtnl.index(iif));
  }
  const name = (index: number): string => enterNetns(rtnl.netns, () => interfaceName(index)) ?? `#${index}`;
  return rtnl.socket.get(message, (buffer, start, end) => decodeRoute(buffer, start, end, name));
}

function routeMessage(rtnl: Rtnl, type: number, flags: number, route: Route): Message {
  const { bytes, length } = prefixBytes(route.to);
  const removing = type === RTM.DELROUTE;
  const message = new Message(type, flags, 12)
    .bodyU8(0, familyOf(bytes))
    .bodyU8(1, length)
    .bodyU8(4, route.table < 256 ? route.table : 0)
    .bodyU8(5, removing ? 0 : route.protocol === undefined ? RTPROT_BOOT : protocolNumber(route.protocol))
    .bodyU8(6, scopeNumber(route.scope ?? defaultScope(route, bytes.length, removing)))
    .bodyU8(7, routeTypeNumber(route.type));
  if (route.onlink) message.bodyU32(8, RTNH_F_ONLINK);
  if (length > 0) message.bytes(RTA.DST, bytes);
  if (route.table > 255) message.u32(RTA.TABLE, route.table);
  if (route.via !== undefined) message.bytes(RTA.GATEWAY, ipBytes(route.via));
  if (route.dev !== undefined) message.u32(RTA.OIF, rtnl.index(route.dev));
  if (route.nexthops !== undefined && !removing)
    message.bytes(RTA.MULTIPATH, Buffer.concat(route.nexthops.map((hop) => nextHopBytes(rtnl, hop, route.onlink))));
  if (route.src !== undefined) message.bytes(RTA.PREFSRC, ipBytes(route.src));
  if (route.metric !== undefined) message.u32(RTA.PRIORITY, route.metric);
  const mtu = route.mtu;
  if (mtu !== undefined) message.nest(RTA.METRICS, (inner) => inner.u32(RTAX_MTU, mtu));
  return message;
}

const NEXT_HOP = 8;

/** struct rtnexthop: length (16 bits), flags, weight - 1, device (32 bits), and the gateway as an attribute (rtnetlink(7)). */
function nextHopBytes(rtnl: Rtnl, { via, dev, weight }: NextHop, onlink: boolean): Buffer {
  const gateway = via === undefined ? undefined : ipBytes(via);
  const bytes = Buffer.alloc(NEXT_HOP + (gateway === undefined ? 0 : 4 + gateway.length));
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt8(onlink ? RTNH_F_ONLINK : 0, 2);
  bytes.writeUInt8(weight - 1, 3);
  if (dev !== undefined) bytes.writeInt32LE(rtnl.index(dev), 4);
  if (gateway === undefined) return bytes;
  bytes.writeUInt16LE(4 + gateway.length, NEXT_HOP);
  bytes.writeUInt16LE(RTA.GATEWAY, NEXT_HOP + 2);
  bytes.set(gateway, NEXT_HOP + 4);
  return bytes;
}

function decodeNextHops(buffer: Buffer, from: number, until: number, name: (index: number) => string): NextHop[] {
  const hops: NextHop[] = [];
  for (let at = from; at + NEXT_HOP <= until; at += align(buffer.readUInt16LE(at))) {
    let via: string | undefined;
    eachAttribute(buffer, at + NEXT_HOP, at + buffer.readUInt16LE(at), (attribute, start, end) => {
      if (attribute === RTA.GATEWAY) via = ipText(buffer, start, end);
    });
    const weight = (buffer[at + 3] ?? 0) + 1;
    hops.push({ ...(via === undefined ? {} : { via }), dev: name(buffer.readInt32LE(at + 4)), weight });
  }
  return hops;
}

/** iproute2's iproute_modify(): IPv4 has link scope without a gateway, host scope for local; a deletion matches any. */
function defaultScope(route: Route, addressBytes: number, removing: boolean): string {
  if (addressBytes === 16) return "global";
  if (removing) return "nowhere";
  if (route.type === "local") return "host";
  return route.type === "unicast" && (route.nexthops ?? [route]).every(({ via }) => via === undefined)
    ? "link"
    : "global";
}

function decodeRoute(
  buffer: Buffer,
  start: number,
  end: number,
  name: (index: number) => string,
): ObservedRoute | undefined {
  const family = buffer[start];
  if ((family !== AF_INET && family !== AF_INET6) || (buffer.readUInt32LE(start + 8) & RTM_F_CLONED) !== 0)
    return undefined;
  let table = buffer[start + 4] ?? 0;
  const protocol = buffer[start + 5] ?? 0;
  const type = routeTypeName(buffer[start + 7] ?? 0);
  let to = family === AF_INET ? "0.0.0.0" : "::";
  const route: { nexthops?: NextHop[]; via?: string; dev?: string; src?: string; metric?: number; mtu?: number } = {};
  eachAttribute(buffer, start + 12, end, (attribute, from, until) => {
    switch (attribute) {
      case RTA.TABLE:
        table = buffer.readUInt32LE(from);
        break;
      case RTA.DST:
        to = ipText(buffer, from, until);
        break;
      case RTA.GATEWAY:
        route.via = ipText(buffer, from, until);
        break;
      case RTA.OIF:
        if (!REJECTING.has(type)) route.dev = name(buffer.readUInt32LE(from));
        break;
      case RTA.MULTIPATH:
        route.nexthops = decodeNextHops(buffer, from, until, name);
        break;
      case RTA.PREFSRC:
        route.src = ipText(buffer, from, until);
        break;
      case RTA.PRIORITY:
        route.metric = buffer.readUInt32LE(from);
        break;
      case RTA.METRICS:
        eachAttribute(buffer, from, until, (metric, at) => {
          if (metric === RTAX_MTU) route.mtu = buffer.readUInt32LE(at);
        });
        break;
      default:
    }
  });
  return {
    family: family === AF_INET ? "ipv4" : "ipv6",
    to: `${to}/${buffer[start + 1]}`,
    type,
    ...route,
    onlink: (buffer.readUInt32LE(start + 8) & RTNH_F_ONLINK) !== 0,
    table,
    scope: scopeName(buffer[start + 6] ?? 0),
    protocol: protocolName(protocol),
  };
}
