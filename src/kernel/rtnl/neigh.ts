/** Neighbours (`ip neigh`) and forwarding entries (`bridge fdb`): both are rtnetlink's struct ndmsg. */
import type { ObservedFdb, ObservedNeigh } from "../../resources/observed.ts";
import { ipText, macText } from "../../net/address-bytes.ts";
import { familyOf, ipBytes, macBytes } from "../address.ts";
import { eachAttribute } from "../netlink/attribute.ts";
import {
  AF_BRIDGE,
  AF_INET,
  AF_INET6,
  NDA,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NTF_MASTER,
  NTF_PROXY,
  NTF_SELF,
  NUD,
  RTM,
} from "../netlink/constants.ts";
import { Message } from "../netlink/message.ts";
import { unless, type Rtnl } from "../rtnl.ts";

export interface Neigh {
  readonly dev: string;
  readonly address: string;
  /** Absent: a proxy entry. */
  readonly mac?: string | undefined;
}

export interface FdbEntry {
  readonly dev: string;
  readonly mac: string;
  /** Remote VTEP: makes it an entry of the VXLAN device itself, otherwise of the bridge that dev is a port of. */
  readonly dst?: string | undefined;
}

const ALL_ZERO = "00:00:00:00:00:00";
/** The entry is gone, or its device. */
const GONE = ["ENOENT", "ENODEV"] as const;

/** `ip neigh replace … nud permanent`, or `ip neigh replace proxy …`. */
export function setNeigh(rtnl: Rtnl, neigh: Neigh): void {
  rtnl.request(() => {
    const message = neighMessage(rtnl, RTM.NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, neigh, NUD.PERMANENT);
    return neigh.mac === undefined ? message : message.bytes(NDA.LLADDR, macBytes(neigh.mac));
  });
}

/** `ip neigh del`; does nothing when it, or its device, is gone. */
export function deleteNeigh(rtnl: Rtnl, neigh: Neigh): void {
  unless(GONE, () => rtnl.request(() => neighMessage(rtnl, RTM.DELNEIGH, 0, neigh, 0)));
}

/**
 * A VXLAN entry (`bridge fdb replace MAC dev VXLAN dst REMOTE`, for the all-zero MAC `append`: it has many remotes)
 * or one of a bridge port (`bridge fdb replace MAC dev PORT master static`: a permanent one would be the bridge's own
 * address, and its frames would never be forwarded).
 */
export function setFdb(rtnl: Rtnl, entry: FdbEntry): void {
  const how = entry.mac === ALL_ZERO ? NLM_F_APPEND : NLM_F_REPLACE;
  rtnl.request(() => fdbMessage(rtnl, RTM.NEWNEIGH, NLM_F_CREATE | how, entry));
}

/** The entry that a bridge makes on its own for its address, or for a port's; does nothing when it exists. */
export function restoreOwnFdb(rtnl: Rtnl, dev: string, mac: string, of: "bridge" | "port"): void {
  const flag = of === "bridge" ? NTF_SELF : NTF_MASTER;
  const how = NLM_F_CREATE | NLM_F_EXCL;
  const state = NUD.NOARP | NUD.PERMANENT;
  unless(["EEXIST"], () =>
    rtnl.request(() =>
      ndmsg(RTM.NEWNEIGH, how, AF_BRIDGE, rtnl.index(dev), state, flag).bytes(NDA.LLADDR, macBytes(mac)),
    ),
  );
}

/** `bridge fdb del`; does nothing when it, or its device, is gone. */
export function deleteFdb(rtnl: Rtnl, entry: FdbEntry): void {
  unless(GONE, () => rtnl.request(() => fdbMessage(rtnl, RTM.DELNEIGH, 0, entry)));
}

/** Proxy entries, as `ip neigh show proxy` lists them. */
export function dumpProxies(rtnl: Rtnl, name: (index: number) => string): ObservedNeigh[] {
  return rtnl.socket.dump(new Message(RTM.GETNEIGH, 0, 12).bodyU8(10, NTF_PROXY), (buffer, start, end) => {
    const family = buffer[start];
    if ((family !== AF_INET && family !== AF_INET6) || ((buffer[start + 10] ?? 0) & NTF_PROXY) === 0) return undefined;
    let address = "";
    eachAttribute(buffer, start + 12, end, (type, from, to) => {
      if (type === NDA.DST) address = ipText(buffer, from, to);
    });
    const dev = name(buffer.readUInt32LE(start + 4));
    return { family: family === AF_INET ? "ipv4" : "ipv6", dev, address, state: "proxy" };
  });
}

/** Neighbours as `ip neigh` lists them: without the kernel's NOARP entries and without proxies. */
export function dumpNeighs(rtnl: Rtnl, name: (index: number) => string): ObservedNeigh[] {
  return rtnl.socket.dump(new Message(RTM.GETNEIGH, 0, 12), (buffer, start, end) => {
    const family = buffer[start];
    const state = buffer.readUInt16LE(start + 8);
    if ((family !== AF_INET && family !== AF_INET6) || state === 0 || (state & NUD.NOARP) !== 0) return undefined;
    if (((buffer[start + 10] ?? 0) & NTF_PROXY) !== 0) return undefined;
    let address = "";
    let mac: string | undefined;
    eachAttribute(buffer, start + 12, end, (type, from, to) => {
      if (type === NDA.DST) address = ipText(buffer, from, to);
      else if (type === NDA.LLADDR) mac = macText(buffer, from, to);
    });
    const neigh: ObservedNeigh = {
      family: family === AF_INET ? "ipv4" : "ipv6",
      dev: name(buffer.readUInt32LE(start + 4)),
      address,
      state: stateName(state),
    };
    return mac === undefined ? neigh : { ...neigh, mac };
  });
}

/** A forwarding entry; `local`: an address of the bridge or of its port, whose frames are not forwarded. */
export interface KernelFdb extends ObservedFdb {
  readonly local: boolean;
}

/** Forwarding entries as `bridge fdb` lists them. */
export function dumpFdb(rtnl: Rtnl, name: (index: number) => string): KernelFdb[] {
  return rtnl.socket.dump(new Message(RTM.GETNEIGH, 0, 12).bodyU8(0, AF_BRIDGE), (buffer, start, end) => {
    if (buffer[start] !== AF_BRIDGE) return undefined;
    const state = buffer.readUInt16LE(start + 8);
    const self = ((buffer[start + 10] ?? 0) & NTF_SELF) !== 0;
    let mac = "";
    let dst: string | undefined;
    eachAttribute(buffer, start + 12, end, (type, from, to) => {
      if (type === NDA.LLADDR) mac = macText(buffer, from, to);
      else if (type === NDA.DST) dst = ipText(buffer, from, to);
    });
    const entry: KernelFdb = {
      dev: name(buffer.readUInt32LE(start + 4)),
      mac,
      permanent: (state & (NUD.PERMANENT | NUD.NOARP)) !== 0,
      local: !self && (state & NUD.PERMANENT) !== 0,
      self,
    };
    return dst === undefined ? entry : { ...entry, dst };
  });
}

function ndmsg(type: number, flags: number, family: number, index: number, state: number, ntf: number): Message {
  return new Message(type, flags, 12).bodyU8(0, family).bodyU32(4, index).bodyU16(8, state).bodyU8(10, ntf);
}

function neighMessage(rtnl: Rtnl, type: number, flags: number, { dev, address, mac }: Neigh, state: number): Message {
  const bytes = ipBytes(address);
  const ntf = mac === undefined ? NTF_PROXY : 0;
  return ndmsg(type, flags, familyOf(bytes), rtnl.index(dev), state, ntf).bytes(NDA.DST, bytes);
}

function fdbMessage(rtnl: Rtnl, type: number, flags: number, entry: FdbEntry): Message {
  const onDevice = entry.dst !== undefined;
  // iproute2's fdb_modify(): NOARP always; `permanent` is the default, `static` is REACHABLE.
  const state = NUD.NOARP | (onDevice ? NUD.PERMANENT : NUD.REACHABLE);
  const message = ndmsg(type, flags, AF_BRIDGE, rtnl.index(entry.dev), state, onDevice ? NTF_SELF : NTF_MASTER);
  message.bytes(NDA.LLADDR, macBytes(entry.mac));
  return entry.dst === undefined ? message : message.bytes(NDA.DST, ipBytes(entry.dst));
}

function stateName(state: number): string {
  return (
    Object.entries(NUD)
      .find(([, bit]) => (state & bit) !== 0)?.[0]
      .toLowerCase() ?? String(state)
  );
}
