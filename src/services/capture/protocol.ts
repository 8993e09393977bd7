/** Captures as the protocol speaks of them: what is asked for, the files that tcpdump writes, lines as they come. */
import type { NsName } from "../../net/place.ts";

export interface CaptureParams {
  readonly name: string;
  readonly at: readonly { readonly ns: NsName; readonly iface?: string | undefined }[];
  readonly filter?: string | undefined;
  readonly snaplen: number;
  /** For a capture that the lab declares: places of all of them. They share most of the room. */
  readonly declared?: number | undefined;
  /** Bytes that each place keeps, in place of its share. */
  readonly keep?: number | undefined;
}

export interface CaptureFollow {
  readonly name: string;
  /** No packets: only that older ones are overwritten. */
  readonly quiet?: boolean | undefined;
}

export interface CaptureFile {
  readonly ns: NsName;
  readonly iface: string;
  /** Path on the agent's machine; with the netns driver readable by the CLI. */
  readonly path: string;
  /** When it has been written over several files: all of them, the oldest first; `path` is the newest. */
  readonly parts?: readonly string[] | undefined;
  /** Bytes that it may hold: what was asked for, or less where there is no room for that. */
  readonly keeps: number;
  /** Bytes that are kept, when older packets have been overwritten. */
  readonly wrapped?: number | undefined;
  /** That are there. */
  readonly packets: number;
  /** Packets that the kernel dropped because tcpdump was too slow. */
  readonly dropped?: number | undefined;
}

/** Paths of a capture's file, the oldest packets first. */
export function partsOfFile({ path, parts }: CaptureFile): readonly string[] {
  return parts ?? [path];
}

export interface PacketLine {
  readonly capture: string;
  readonly place: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly text: string;
  /** No packet: from here on the oldest ones are overwritten, and so many bytes are kept. Once for each place. */
  readonly wrapped?: number | undefined;
}
