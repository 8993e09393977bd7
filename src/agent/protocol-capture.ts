/** Captures as the protocol speaks of them: what is asked for, the files that tcpdump writes, lines as they come. */
import type { NsName } from "./protocol.ts";

export interface CaptureParams {
  readonly name: string;
  readonly at: readonly { readonly ns: NsName; readonly iface?: string | undefined }[];
  readonly filter?: string | undefined;
  readonly snaplen: number;
}
export interface CaptureFile {
  readonly ns: NsName;
  readonly iface: string;
  /** Path on the agent's machine; with the netns driver readable by the CLI. */
  readonly path: string;
  readonly packets: number;
  /** Packets that the kernel dropped because tcpdump was too slow. */
  readonly dropped?: number | undefined;
}
export interface PacketLine {
  readonly capture: string;
  readonly place: string;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly text: string;
}
