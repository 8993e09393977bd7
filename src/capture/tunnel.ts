/** What IP carries of other packets and of encrypted ones: IP in IP (RFC 2003, RFC 2473, RFC 4213), GRE (RFC 2784, RFC 2890), ESP (RFC 4303). */
import type { IpLayer, Packet } from "./packet.ts";

export const TUNNELS = { ipip: 4, ipv6: 41, gre: 47, esp: 50 } as const;
/** How a line of a trace says that a packet is inside of another one. */
export const TUNNEL_TEXT =
  / in (?<tunnel>VXLAN vni \d+|IPIP|IPv6 in IP|GUE|GRE(?:, key \d+)?) (?<from>\S+) > (?<to>\S+)/;

const TRANSPARENT_ETHERNET = 0x6558;
const GRE_FLAGS = { checksum: 0x8000, key: 0x2000, sequence: 0x1000 } as const;

/** Decodes the packet inside. */
export interface Tunnelled {
  readonly frame: (data: Uint8Array) => Packet;
  readonly packet: (data: Uint8Array) => Packet;
}

/** Undefined: IP carries something else. */
export function decodeTunnel(
  data: Uint8Array,
  { protocol }: IpLayer,
  length: number,
  inside: Tunnelled,
): Packet | undefined {
  if (protocol === TUNNELS.ipip || protocol === TUNNELS.ipv6)
    return { tunnel: { name: protocol === TUNNELS.ipip ? "IPIP" : "IPv6 in IP", inner: inside.packet(data) } };
  if (protocol === TUNNELS.gre) return decodeGre(data, inside);
  return protocol === TUNNELS.esp ? decodeEsp(data, length) : undefined;
}

/** UDP port at which kube-router takes it. */
export const GUE_PORT = 5555;

/** IP in GUE of version 0 (draft-ietf-intarea-gue); undefined: something else. */
export function decodeGue(data: Uint8Array, inside: Pick<Tunnelled, "packet">): Packet | undefined {
  const [first = 0xff, protocol] = data;
  const end = 4 + (first & 0x1f) * 4;
  if (first >> 5 !== 0 || (protocol !== TUNNELS.ipip && protocol !== TUNNELS.ipv6)) return undefined;
  const inner = inside.packet(data.subarray(end));
  return inner.ip === undefined ? undefined : { tunnel: { name: "GUE", inner } };
}

function decodeGre(data: Uint8Array, inside: Tunnelled): Packet {
  if (data.length < 4) return { problem: "truncated GRE header" };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [flags, type] = [view.getUint16(0), view.getUint16(2)];
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const keyAt = 4 + (has(GRE_FLAGS.checksum) ? 4 : 0);
  const end = keyAt + (has(GRE_FLAGS.key) ? 4 : 0) + (has(GRE_FLAGS.sequence) ? 4 : 0);
  if (data.length < end) return { problem: "truncated GRE header" };
  const name = has(GRE_FLAGS.key) ? `GRE, key ${view.getUint32(keyAt)}` : "GRE";
  const rest = data.subarray(end);
  return { tunnel: { name, inner: type === TRANSPARENT_ETHERNET ? inside.frame(rest) : inside.packet(rest) } };
}

/** `length`: of the payload, as the headers before it say. */
export function decodeEsp(data: Uint8Array, length: number): Packet {
  if (data.length < 8) return { problem: "truncated ESP header" };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    esp: `spi 0x${view.getUint32(0).toString(16).padStart(8, "0")}, seq ${view.getUint32(4)}, length ${length}`,
  };
}
