/** What the terminal UI is given: the events of a session and the actions that a user can request. */
import type { EventSink } from "../events.ts";
import type { Target } from "../net/target.ts";
import type { PacketStory } from "../story/packet-story.ts";

/** One difference between the kernel and the lab file. */
export interface Difference {
  /** Resource id: `sysctl:node1:net.ipv4.ip_forward`. */
  readonly what: string;
  /** `is 0, should be 1`. */
  readonly reason: string | undefined;
  /** The line of the lab file behind it. */
  readonly cause: string | undefined;
  /** The shell command that repairs it. */
  readonly command: string;
  /** It is not of the lab: only that command removes it. */
  readonly isForeign?: boolean | undefined;
}

/** One packet to be followed. */
export interface TraceQuestion {
  readonly from: string;
  /** Without its port. */
  readonly to: string;
  readonly protocol: TraceProtocol;
  /** Unused by icmp. */
  readonly port: number;
}

export const TRACE_PROTOCOLS = ["tcp", "udp", "http", "icmp"] as const;
export type TraceProtocol = (typeof TRACE_PROTOCOLS)[number];

export interface TracedPacket {
  readonly story: PacketStory;
  /** The command that sends the same. */
  readonly command: string;
}

export interface TuiActions {
  /** Run all checks again, or those with the given names. Results come as events. */
  rerun(names?: readonly string[]): Promise<void>;
  /** Start a capture at a place; its packets come as `packet` events under the returned name. */
  capture(target: Target): Promise<string>;
  /** Stop a capture that capture() started. Its name is forgotten. */
  stopCapture(name: string): Promise<void>;
  /**
   * An interactive shell in a namespace on the user's terminal, to its end.
   * The UI must have given the terminal back (raw mode off, screen restored) before it calls this.
   */
  shell(target: Target): Promise<void>;
  /** What differs from the lab file right now. */
  whatChanged(): Promise<readonly Difference[]>;
  /** Puts back everything that differs, as `up` does, and runs all checks again. */
  repair(): Promise<void>;
  /** Puts back the resources with these ids and what they need. No check is run. */
  repairOnly(ids: readonly string[]): Promise<void>;
  /** Sends one packet and finds out what happens to it. */
  trace(question: TraceQuestion): Promise<TracedPacket>;
  /** Every target of the lab that can be named. */
  targets(): readonly Target[];
  /** Leave; the lab stays up. During a build: roll back and leave. */
  quit(): void;
  /** Take the lab down and leave. */
  quitAndDown(): void;
}

export interface TuiOptions {
  /** Calls `sink` for every event so far and from then on. Returns a function that ends it. */
  subscribe(sink: EventSink): () => void;
  readonly actions: TuiActions;
  /** Aborted when the session is over (after quit, quitAndDown, a failed build, a signal): draw the end and resolve. */
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly color: boolean;
}

/** Resolves when the screen is given back. */
export type StartTui = (options: TuiOptions) => Promise<void>;
