/** Captures in the protocol: the request, the files that tcpdump writes, lines as they arrive. */
import type { NsName } from "../../net/place.ts";

export interface CaptureParams {
  readonly name: string;
  readonly at: readonly { readonly ns: NsName; readonly iface?: string | undefined }[];
  readonly filter?: string | undefined;
  readonly snaplen: number;
  /** For a capture that the lab declares: places of all such captures. They share most of the space. */
  readonly declared?: number | undefined;
  /** Bytes that each place keeps, in place of its share. */
  readonly keep?: number | undefined;
}

export interface CaptureFollow {
  readonly name: string;
  /** No packets: only that older ones are overwritten. */
  readonly quiet?: boolean | undefined;
  /** Each line with its packet. */
  readonly raw?: boolean | undefined;
}

export interface CaptureFile {
  readonly ns: NsName;
  readonly iface: string;
  /** Path on the agent's machine; with the netns driver readable by the CLI. */
  readonly path: string;
  /** When it has been written to several files: all of them, the oldest first; `path` is the newest. */
  readonly parts?: readonly string[] | undefined;
  /** Bytes that it may have: as requested, or less where there is no room. */
  readonly keeps: number;
  /** Bytes that are kept, when older packets have been overwritten. */
  readonly wrapped?: number | undefined;
  /** That exist. */
  readonly packets: number;
  /** Packets that the kernel dropped because tcpdump was too slow. */
  readonly dropped?: number | undefined;
}

/** Paths of a capture's file, the oldest packets first. */
export function partsOfFile({ path, parts }: CaptureFile): readonly string[] {
  return parts ?? [path];
}

/** A packet as it goes through the protocol: nothing of it is lost by that. */
export interface WirePacket {
  /** Nanoseconds since the epoch, in decimal digits. */
  readonly time: string;
  /** Bytes on the wire; `data` may be shorter. */
  readonly length: number;
  /** As in the pcap header. */
  readonly linkType: number;
  /** Base64. */
  readonly data: string;
}

export interface PacketLine {
  readonly capture: string;
  readonly place: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly text: string;
  /** The packet itself, where it was asked for. */
  readonly raw?: WirePacket | undefined;
  /** Not a packet: from here on the oldest ones are overwritten, and this many bytes are kept. Once for each place. */
  readonly wrapped?: number | undefined;
}
