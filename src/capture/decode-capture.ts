/** Turns capture files into one list of decoded packets in order of time, each with its place. */
import { decodePacket, type DecodeOptions } from "./decode.ts";
import { Http2Connections } from "./http2-connections.ts";
import type { CapturedPacket, RawPacket } from "./packet.ts";
import { LINKTYPE, readPcap } from "./pcap.ts";

export interface PlacedCapture {
  /** Target text of the namespace: `node1`, `pod/client`. */
  readonly where: string;
  /** Interface it was taken on, or `any`. */
  readonly iface: string;
  readonly data: Uint8Array;
  /** For `any`: device names by index, as the namespace has them. */
  readonly devices?: ReadonlyMap<number, string> | undefined;
}

/** Where a packet was seen; on `any`, the device of the packet's index, if its name is known. */
export function packetPlace(capture: Omit<PlacedCapture, "data">, ifindex: number | undefined): string {
  const device = ifindex === undefined ? undefined : capture.devices?.get(ifindex);
  return `${capture.where}/${device ?? capture.iface}`;
}

export function decodeRaw(
  raw: RawPacket,
  linkType: number,
  capture: Omit<PlacedCapture, "data">,
  options: DecodeOptions = {},
): CapturedPacket {
  const packet = decodePacket(raw.data, linkType, options);
  return { time: raw.time, length: raw.length, place: packetPlace(capture, packet.link?.ifindex), packet };
}

export function decodeCaptures(captures: readonly PlacedCapture[], options: DecodeOptions = {}): CapturedPacket[] {
  return captures
    .flatMap((capture) => {
      const { header, packets } = readPcap(capture.data);
      const how = { ...options, http2: new Http2Connections() };
      return packets.map((raw) => decodeRaw(raw, header?.linkType ?? LINKTYPE.ethernet, capture, how));
    })
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
