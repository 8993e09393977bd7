/** Keys and peers of WireGuard devices by generic netlink (linux/wireguard.h, linux/genetlink.h). */
import type { WireguardChange } from "../resources/wireguard/change.ts";
import type { WireguardPeer, WireguardSettings } from "../resources/wireguard/settings.ts";
import { ipText } from "../net/address-bytes.ts";
import { ipBytes } from "./address.ts";
import { eachAttribute } from "./netlink/attribute.ts";
import { AF_INET, AF_INET6, NLA_F_NESTED } from "./netlink/constants.ts";
import { Message } from "./netlink/message.ts";
import { NetlinkSocket } from "./netlink/socket.ts";
import { enterNetns, type NetnsHandle } from "./netns.ts";
import { decodeSockaddr, encodeSockaddr } from "./sockaddr.ts";

const NETLINK_GENERIC = 16;
const GENLMSGHDR = 4;
const CTRL = { id: 0x10, getFamily: 3, familyId: 1, familyName: 2 } as const;
const WG_VERSION = 1;
const WG_CMD = { GET: 0, SET: 1 } as const;
const DEVICE = { IFNAME: 2, PRIVATE_KEY: 3, LISTEN_PORT: 6, PEERS: 8 } as const;
const PEER = { PUBLIC_KEY: 1, PRESHARED_KEY: 2, FLAGS: 3, ENDPOINT: 4, KEEPALIVE: 5, ALLOWEDIPS: 9 } as const;
const ALLOWEDIP = { FAMILY: 1, ADDRESS: 2, LENGTH: 3 } as const;
const REMOVE_ME = 1;
const REPLACE_ALLOWEDIPS = 2;
const NO_KEY = Buffer.alloc(32).toString("base64");

function genl(family: number, command: number): Message {
  return new Message(family, 0, GENLMSGHDR).bodyU8(0, command).bodyU8(1, WG_VERSION);
}

/** Runs `work` with a socket of the namespace and the number that the kernel has given to WireGuard. */
function withFamily<T>(netns: NetnsHandle, work: (socket: NetlinkSocket, family: number) => T): T {
  using socket = enterNetns(netns, () => new NetlinkSocket(NETLINK_GENERIC));
  const family = socket.get(
    genl(CTRL.id, CTRL.getFamily).string(CTRL.familyName, "wireguard"),
    (buffer, start, end) => {
      let id = 0;
      eachAttribute(buffer, start + GENLMSGHDR, end, (type, from) => {
        if (type === CTRL.familyId) id = buffer.readUInt16LE(from);
      });
      return id;
    },
  );
  if (family === undefined) throw new Error("this kernel has no WireGuard");
  return work(socket, family);
}

/** An attribute has at most 64 KiB; 16 peers, each with the 64 prefixes that it may have, are well below. */
const PEERS_PER_MESSAGE = 16;

/** Throws NetlinkError. */
export function changeWireguard(netns: NetnsHandle, name: string, change: WireguardChange): void {
  const { privateKey, listenPort, removed, peers } = change;
  withFamily(netns, (socket, family) => {
    const set = (): Message => genl(family, WG_CMD.SET).string(DEVICE.IFNAME, name);
    if (privateKey !== undefined) socket.request(set().bytes(DEVICE.PRIVATE_KEY, Buffer.from(privateKey, "base64")));
    if (listenPort !== undefined) socket.request(set().u16(DEVICE.LISTEN_PORT, listenPort));
    const writers = [
      ...removed.map((publicKey) => (message: Message) => {
        message.bytes(PEER.PUBLIC_KEY, Buffer.from(publicKey, "base64")).u32(PEER.FLAGS, REMOVE_ME);
      }),
      ...peers.map((peer) => (message: Message) => writePeer(message, peer)),
    ];
    for (let from = 0; from < writers.length; from += PEERS_PER_MESSAGE)
      socket.request(
        set().nest(DEVICE.PEERS | NLA_F_NESTED, (all) => {
          for (const write of writers.slice(from, from + PEERS_PER_MESSAGE)) all.nest(NLA_F_NESTED, write);
        }),
      );
  });
}

function writePeer(message: Message, peer: WireguardPeer): void {
  message.bytes(PEER.PUBLIC_KEY, Buffer.from(peer.publicKey, "base64"));
  if (peer.presharedKey !== undefined) message.bytes(PEER.PRESHARED_KEY, Buffer.from(peer.presharedKey, "base64"));
  message.u32(PEER.FLAGS, REPLACE_ALLOWEDIPS);
  if (peer.endpoint !== undefined)
    message.bytes(PEER.ENDPOINT, encodeSockaddr(peer.endpoint.address, peer.endpoint.port));
  message.u16(PEER.KEEPALIVE, peer.keepalive ?? 0);
  message.nest(PEER.ALLOWEDIPS | NLA_F_NESTED, (all) => {
    for (const prefix of peer.allowedIPs) {
      const [address = "", length = ""] = prefix.split("/");
      const bytes = ipBytes(address);
      all.nest(NLA_F_NESTED, (one) => {
        one.u16(ALLOWEDIP.FAMILY, bytes.length === 4 ? AF_INET : AF_INET6);
        one.bytes(ALLOWEDIP.ADDRESS, bytes).u8(ALLOWEDIP.LENGTH, Number(length));
      });
    }
  });
}

/** As the kernel has it. Throws NetlinkError. */
export function getWireguard(netns: NetnsHandle, name: string): WireguardSettings {
  return withFamily(netns, (socket, family) => {
    let [privateKey, listenPort] = [NO_KEY, 0];
    const peers: WireguardPeer[] = [];
    socket.dump(genl(family, WG_CMD.GET).string(DEVICE.IFNAME, name), (buffer, start, end) => {
      eachAttribute(buffer, start + GENLMSGHDR, end, (type, from, to) => {
        if (type === DEVICE.PRIVATE_KEY) privateKey = buffer.toString("base64", from, to);
        if (type === DEVICE.LISTEN_PORT) listenPort = buffer.readUInt16LE(from);
        if (type === DEVICE.PEERS)
          eachAttribute(buffer, from, to, (_, at, until) => addPeer(peers, readPeer(buffer, at, until)));
      });
      return undefined;
    });
    return { privateKey, listenPort, peers: peers.toSorted((a, b) => (a.publicKey < b.publicKey ? -1 : 1)) };
  });
}

/** A device comes in as many messages as it needs: a peer whose prefixes do not fit into one comes again in the next. */
function addPeer(peers: WireguardPeer[], peer: WireguardPeer): void {
  const last = peers.at(-1);
  if (last?.publicKey !== peer.publicKey) peers.push(peer);
  else peers[peers.length - 1] = { ...last, allowedIPs: [...last.allowedIPs, ...peer.allowedIPs].toSorted() };
}

function readPeer(buffer: Buffer, start: number, end: number): WireguardPeer {
  const peer: { -readonly [K in keyof WireguardPeer]: WireguardPeer[K] } = { publicKey: "", allowedIPs: [] };
  eachAttribute(buffer, start, end, (type, from, to) => {
    const key = (): string => buffer.toString("base64", from, to);
    if (type === PEER.PUBLIC_KEY) peer.publicKey = key();
    else if (type === PEER.PRESHARED_KEY && key() !== NO_KEY) peer.presharedKey = key();
    else if (type === PEER.ENDPOINT && to - from >= 16) peer.endpoint = decodeSockaddr(buffer.subarray(from, to));
    else if (type === PEER.KEEPALIVE && buffer.readUInt16LE(from) > 0) peer.keepalive = buffer.readUInt16LE(from);
    else if (type === PEER.ALLOWEDIPS) {
      const found: string[] = [];
      eachAttribute(buffer, from, to, (_, at, until) => found.push(readAllowed(buffer, at, until)));
      peer.allowedIPs = found.toSorted();
    }
  });
  return peer;
}

function readAllowed(buffer: Buffer, start: number, end: number): string {
  let [address, length] = ["", 0];
  eachAttribute(buffer, start, end, (type, from, to) => {
    if (type === ALLOWEDIP.ADDRESS) address = ipText(buffer, from, to);
    if (type === ALLOWEDIP.LENGTH) length = buffer[from] ?? 0;
  });
  return `${address}/${length}`;
}
