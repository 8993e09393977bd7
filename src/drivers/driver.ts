/** The driver interface: where a lab's namespaces are. A driver has no networking knowledge. */
import type { AgentClient } from "../agent/client.ts";
import type { Placement } from "../engine/place.ts";
import type { WireFacts } from "../lab/wire-facts.ts";
import type { Lab } from "../lab/lab.ts";
import type { TargetPlace } from "../net/place.ts";

export interface RunningLab {
  readonly name: string;
  /** State folder on this machine. */
  readonly folder: string;
  readonly driver: string;
  readonly rootless: boolean;
  readonly pid: number | null;
  /**
   * `up`: the agent answers; `no-answer`: it exists but does not; `dead`: its process is gone, leftovers may exist;
   * `unusable`: something else is at the path of a part of its record (`trouble`), and none of it was opened.
   */
  readonly state: "up" | "building" | "going-down" | "no-answer" | "dead" | "unusable";
  readonly trouble?: string | undefined;
  /** Machines of the lab that should be there and do not answer. */
  readonly lost?: readonly string[] | undefined;
  /** For a lab across several engines. */
  readonly engines?: readonly { readonly name: string; readonly answers: boolean }[] | undefined;
}

export interface DriverCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A command that the driver runs on its own: it is not a program of this machine. */
export interface DriverRun {
  /** Resolves with the exit code as a shell gives it: the command's own, 126 not runnable, 127 not found. */
  run(
    streams: {
      readonly stdin: NodeJS.ReadStream;
      readonly stdout: NodeJS.WriteStream;
      readonly stderr: NodeJS.WriteStream;
    },
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<number>;
}

/** What a driver knows of the place where a lab will be, before it is planned. */
export interface LabSite {
  readonly wire: WireFacts;
  /** For the agent: `adopt` or `place`. */
  readonly placement?: Placement | undefined;
  /** Worth reporting. */
  readonly notes: readonly string[];
}

export interface Driver {
  readonly name: string;
  /** Throws HostError when this host cannot do it. Cheap; runs before anything is touched. */
  probe(lab: Lab | undefined): Promise<void>;
  /** Cheap. Throws InputError or UsageError where the lab requests a place that does not exist. */
  prepare(lab: Lab): Promise<LabSite>;
  /** Start an agent that has no lab yet; may be called before the lab file is read, to win time. */
  start(): Promise<AgentClient>;
  /** Connect to the agent of a running lab; null when none answers. */
  connect(lab: string): Promise<AgentClient | null>;
  /** Ends the agent of a lab that does not answer: what it made stays, for recovery. Its pid; null when there is none. */
  end(lab: string): Promise<number | null>;
  /** All labs that this driver has a record of. */
  list(): Promise<readonly RunningLab[]>;
  /** How to run a command in a namespace with this process's own stdin, stdout, stderr. */
  command(client: AgentClient, place: TargetPlace, argv: readonly string[]): Promise<DriverCommand | DriverRun>;
}
