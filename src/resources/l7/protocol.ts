/** What an agent and its data plane say to each other: messages with numbers, each answered once. */
import type { RoutingTable } from "../../routing/model.ts";

export type DataPlaneRequest =
  /** Answered when its ports are open and the table is served. An error leaves all as it was. */
  | {
      readonly t: "set";
      readonly id: string;
      /** Its name in /run/netns, and which one it must be. */
      readonly netns: { readonly name: string; readonly inode: number };
      readonly table: RoutingTable;
      /** Connections are taken, and nothing is answered until it is set again without. */
      readonly stopped: boolean;
      readonly certificates: Readonly<Record<string, ServedCertificate>>;
    }
  | { readonly t: "remove"; readonly id: string }
  | { readonly t: "stats" }
  /** The last entries of a proxy's access log. */
  | { readonly t: "log"; readonly id: string; readonly last: number };

/** PEM, or the subject of one that is to be made. */
export type ServedCertificate =
  | { readonly certificate: string; readonly key: string }
  | { readonly selfSigned: string };

export interface DataPlaneStats {
  /** Bytes. */
  readonly rss: number;
  /** Microseconds of its processor time. */
  readonly cpu: number;
  /** Errors that should not have happened. */
  readonly faults: number;
  readonly proxies: Readonly<Record<string, { readonly connections: number; readonly requests: number }>>;
}

export type Numbered<T> = T & { readonly seq: number };

export interface DataPlaneAnswer {
  readonly seq: number;
  readonly error?: { readonly message: string; readonly code?: string | undefined } | undefined;
  readonly result?: unknown;
}
