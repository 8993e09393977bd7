/** The part of the protocol for labs on several machines: what a hub asks of the agent on one of them. */
import type { Methods } from "./protocol.ts";
import type { ProbeMarks } from "../services/probe/attempt.ts";
import type { NetfilterFindings } from "../services/trace/protocol.ts";
import type { DeniedFlow, Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { MachinePort } from "../apply/protocol.ts";
import type { Placement } from "../engine/place.ts";
import type { NsName } from "../net/place.ts";

export interface MachineMethods {
  /**
   * Asked of the hub: on which engines to place the lab's nodes. Refused for nodes that are up elsewhere. Needs the lock;
   * `adopt` takes it too.
   */
  place: { params: Placement; result: Record<never, never>; event: never };
  /**
   * On a lab of several machines: which of them this is, and where its cables to the others end. The devices of new ones
   * are cleared of what their network gave them. `missing`: MACs of cables whose devices do not exist.
   */
  machine: { params: MachineParams; result: { missing: readonly string[] }; event: never };
  /**
   * Sent at each commit: everything that the watches look at exists, they may start. Reported from then on: that one has decided
   * something, and whether it differs from the initial assumption. Ends with the connection, or with the next
   * such request, which replaces it.
   */
  watch: { params: Record<never, never>; result: Record<never, never>; event: { isNews: boolean } };
  /** Listen on all devices of all namespaces, for a trace whose probe is sent on another machine. Ends after 30 s. */
  listen: { params: { id: string; rules?: RuleQuestion }; result: { now: string }; event: never };
  /** What was captured since. */
  captured: {
    params: { id: string };
    result: MachineFindings & { packets: readonly CapturedPacketText[] };
    event: never;
  };
  /** Like trace, but not assembled: what was captured here, and what identifies the probe. */
  traceHere: {
    params: { probe: Probe; marks: ProbeMarks; rules?: readonly string[]; held?: Methods["trace"]["params"]["held"] };
    result: TracePart;
    event: never;
  };
  /**
   * Listen to what policies deny here, until `leaveDenials`: packets of probes that another machine has sent. An event without
   * flows means that it listens. From then on this machine's own probes can be given what others have received.
   */
  listenForDenials: { params: { id: string }; result: Record<never, never>; event: { flows: readonly DeniedFlow[] } };
  leaveDenials: { params: { id: string }; result: Record<never, never>; event: never };
  /** What other machines have denied: probes of this machine among them end. */
  denied: { params: { flows: readonly DeniedFlow[] }; result: Record<never, never>; event: never };
  /** A part of a capture's file, base64. Empty at its end. */
  captureRead: { params: { path: string; from: number }; result: { data: string }; event: never };
}

export interface MachineParams {
  /** The lab's namespace that is this machine's own, if there is one. */
  readonly ownNamespace?: NsName | undefined;
  readonly ports: readonly MachinePort[];
}

/** A packet as one device saw it, from its IP header on. */
export interface CapturedPacketText {
  readonly ns: NsName;
  readonly iface: string;
  readonly direction: "in" | "out";
  readonly otherHost: boolean;
  /** Nanoseconds since the epoch, decimal. */
  readonly time: string;
  /** Base64. */
  readonly bytes: string;
  /** Its Ethernet header, base64. */
  readonly link?: string | undefined;
  readonly denied?: string | undefined;
}

/** Which namespaces' rules are traced, and by what the probe's packets are recognised. */
export interface RuleQuestion {
  readonly probe: Probe;
  readonly marks: ProbeMarks;
  readonly namespaces: readonly string[];
}

/** A packet that the kernel threw away, the probe's or not. */
export interface DroppedPacketText {
  readonly ns: NsName;
  readonly reason: string;
  /** From its IP header on, base64. */
  readonly bytes: string;
}

interface MachineFindings extends Omit<NetfilterFindings, "drops"> {
  readonly lost?: readonly DroppedPacketText[] | undefined;
}

export interface TracePart extends MachineFindings {
  readonly probe: ProbeResult;
  readonly localPort?: number | undefined;
  /** Nanoseconds since the epoch, decimal. */
  readonly start: string;
  readonly captured: readonly CapturedPacketText[];
}
