/**
 * The protocol of the agent: JSON lines over a Unix socket (mode 0600) or a stdin/stdout pair.
 * `{id, method, params}` → any number of `{id, event}` → one `{id, result}` or `{id, error}`.
 */
import type { AccessEntry } from "../resources/l7/access-entry.ts";
import type { DataPlaneStats } from "../resources/l7/protocol.ts";
import type { NsName, TargetPlace } from "../net/place.ts";
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { ApplyEvent, RaisedLimit } from "../apply/protocol.ts";
import type { Family } from "../net/family.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { DeniedCount } from "../apply/denied-counts.ts";
import type { TeardownResult } from "../apply/teardown.ts";
import type { EngineAddress } from "../engine/address.ts";
import type { LiveMethods } from "../services/watch/protocol.ts";
import type { Placement } from "../engine/place.ts";
import type { MachineMethods } from "./protocol-machine.ts";
import type { ObservedRoute } from "../resources/observed.ts";
import type { DropCounters } from "../kernel/drop-counters.ts";
import type { ProbeMarks } from "../services/probe/attempt.ts";
import type { TraceResult } from "../services/trace/protocol.ts";
import type { NeighbourEntries } from "../plan/neighbour-limits.ts";
import type { Operation } from "../resources/operation.ts";
import type { ProxySpec } from "../resources/proxy/definition.ts";
import type { LabSources } from "../syntax/lab-sources.ts";
import type { LiveState } from "../kube/workload/live-state.ts";
import type { OperationFailure } from "../errors.ts";
import type { PackedOperations } from "./packed-operations.ts";
import type { StatePortion } from "./packed-state.ts";
import type { CaptureFile, CaptureFollow, CaptureParams, PacketLine } from "../services/capture/protocol.ts";
import type { RunParams, RunResult } from "../apply/run-result.ts";

export interface Methods extends MachineMethods, LiveMethods {
  /** Identifies the client. */
  hello: { params: { client: string }; result: AgentInfo; event: never };
  /**
   * Adopt a lab: take its lock, make its state folder, open its journal. Refused with code `EBUSY` when another
   * agent holds the lab, `EDEAD` when one that died left it and `recover` is not set. An agent whose client leaves before exits.
   */
  adopt: { params: AdoptParams; result: AgentInfo; event: never };
  /**
   * Exclusive use for up/down; `EBUSY` names the pid that holds it. `adopt` takes it on its own. Released by `commit` and
   * when the connection closes.
   */
  lock: { params: { purpose: string }; result: Record<never, never>; event: never };
  /** The kernel's state of all (or the given) namespaces, in portions. `sysctls`: keys wanted per namespace; `ownSysctls`: also those that the lab sets, and those that decide about packets everywhere. `applied`: `there` for the resources of these namespaces, and those that have a device there; default all. */
  observe: {
    params: {
      namespaces?: readonly NsName[];
      sysctls?: Readonly<Record<NsName, readonly string[]>>;
      ownSysctls?: boolean;
      applied?: "all" | "there";
    };
    result: Record<never, never>;
    event: StatePortion;
  };
  /**
   * Raise the host's neighbour tables for this many entries of this lab; the last lab to go down that requested it restores
   * them. Needs the lock. Code `EHOST` where that is not possible: rootless, or where the host's tables are not visible.
   */
  raiseLimits: { params: { entries: NeighbourEntries }; result: { raised: readonly RaisedLimit[] }; event: never };
  /**
   * Apply operations: journal first, then act. `build`: when one fails, or the connection is lost before `commit`,
   * everything that this lab has is taken down again (unless keep). `started` is sent only for slow operations (tools,
   * processes). `converge`: failed operations are reported, the rest is done.
   */
  apply: { params: ApplyParams; result: ApplyResult; event: ApplyEvent };
  /** Operations that come before those of the next `apply` of this connection. */
  operations: { params: PackedOperations; result: Record<never, never>; event: never };
  /**
   * Ends the build: from here on a lost connection leaves the lab up. `stored`: for ls, inspect, check, down. Resolves when the kernel's version of the rules is recorded, or at once where more changes follow soon.
   * `version` is that of what is stored now.
   */
  commit: { params: { stored: StoredLab; readBack?: "later" }; result: { version: string }; event: never };
  /** What commit stored. */
  stored: { params: Record<never, never>; result: StoredLab | null; event: never };
  /** Many probes side by side. Results in the order of the probes; `progress` events for large batches. */
  probe: {
    params: { probes: readonly Probe[]; concurrency?: number };
    result: { results: readonly ProbeResult[] };
    event: { done: number; total: number };
  };
  /** Run a program in a namespace, to its end. Output is cut at 1 MiB each, or `outputLimit`. */
  run: { params: RunParams; result: RunResult; event: never };
  /** Listen in namespaces on all their devices while one probe is sent; says where its packet was seen. */
  trace: {
    params: {
      probe: Probe;
      rules?: readonly string[] | undefined;
      packets?: boolean | undefined;
      /** What `hold` returned: the packet is that of others. */
      held?: { readonly id: string; readonly marks: ProbeMarks } | undefined;
    };
    result: TraceResult;
    event: never;
  };
  /**
   * Wait for the first packet that a filter of tcpdump matches where it is sent or arrives, and hold it until `trace` lets it pass, for a
   * second at most. An event says that it waits. Nothing is held after `within` ms.
   */
  hold: {
    params: { ns: NsName; filter: string; within: number; timeout: number };
    result: { held?: { id: string; probe: Probe; marks: ProbeMarks; answered: boolean; sender: string } };
    event: { waits: true };
  };
  /** The route that a packet takes, forwarded where `from` and `iif` are there; `problem`: the kernel's word where there is none. */
  routeOf: {
    params: { ns: NsName; to: string; from?: string | undefined; iif?: string | undefined };
    result: { route?: ObservedRoute | undefined; problem?: string | undefined };
    event: never;
  };
  /** The rules of a namespace as iptables-save -c (of the family) and nft -a list ruleset print them, with their counters now. */
  ruleListing: { params: { ns: NsName; family: Family }; result: RuleListing; event: never };
  /** What the kernel counts where it throws packets away, in those of the namespaces that exist. */
  dropCounters: {
    params: { namespaces: readonly NsName[] };
    result: { counters: Readonly<Record<NsName, DropCounters>> };
    event: never;
  };
  /** How many packets policies have denied, per pod, direction and denier, of both families; pods without a denial included. */
  denials: { params: Record<never, never>; result: { denied: readonly DeniedCount[] }; event: never };
  /** What became of the last requests to a layer 7 proxy, oldest first; and the process that serves all of this machine. */
  accessLog: {
    params: { ns: NsName; id: string; last: number };
    result: { entries: readonly AccessEntry[]; stats: DataPlaneStats | undefined };
    event: never;
  };
  /** The proxies of kube-proxy's userspace mode in a namespace, as they work now. */
  proxies: { params: { ns: NsName }; result: { proxies: readonly ProxyState[] }; event: never };
  /** Start tcpdump at all places of a capture. Resolves when all of them listen. */
  captureStart: { params: CaptureParams; result: { files: readonly CaptureFile[] }; event: never };
  /** Flush and read: resolves when every packet that tcpdump has seen so far is in the file. The capture continues. */
  captureFlush: { params: { name: string }; result: { files: readonly CaptureFile[] }; event: never };
  /** Stop. Files stay until `down`. */
  captureStop: { params: { name: string }; result: { files: readonly CaptureFile[] }; event: never };
  /** Live packets of a running capture as decoded lines. Ends when the capture stops or the connection closes. */
  captureFollow: { params: CaptureFollow; result: Record<never, never>; event: PacketLine };
  /** What `exec` and `shell` must run on this host to get into a namespace (argv prefix; append the command). */
  enter: {
    params: TargetPlace & { cwd?: string };
    result: {
      argv: readonly string[];
      env: Readonly<Record<string, string>>;
      /** Set when that is in a container: its id, and the engine that has it. */
      container?: { readonly id: string; readonly engine: EngineAddress } | undefined;
    };
    event: never;
  };
  /** Output of a process resource: its last lines. */
  processLog: { params: { id: string }; result: { lines: readonly string[]; exitCode: number | null }; event: never };
  /** Agent's own figures. */
  stats: {
    params: Record<never, never>;
    result: { rss: number; servers: number; processes: number; captures: number; uptime: number };
    event: never;
  };
  /** Take everything down, in reverse order, collecting all errors; then the agent exits. */
  down: {
    params: Record<never, never>;
    result: TeardownResult;
    event: { id: string; removed: boolean };
  };
}
export type Method = keyof Methods;

export type Request<M extends Method = Method> = { id: number; method: M; params: Methods[M]["params"] };
export type Reply<M extends Method = Method> =
  | { id: number; event: Methods[M]["event"] }
  | { id: number; result: Methods[M]["result"] }
  | {
      id: number;
      error: {
        code: string;
        message: string;
        hint?: string | undefined;
        failures?: readonly OperationFailure[] | undefined;
      };
    };

export interface AgentInfo {
  readonly pid: number;
  readonly version: string;
  readonly lab: string | null;
  readonly phase: "idle" | "building" | "up" | "going-down";
  readonly rootless: boolean;
  /** True when this agent took over the record of one that died: servers, processes and captures must be created again. */
  readonly recovered: boolean;
  /** Machines of the lab that should be there and do not answer. */
  readonly lost?: readonly string[] | undefined;
  /** For a lab across several engines. */
  readonly engines?: readonly { readonly name: string; readonly answers: boolean }[] | undefined;
}

export interface AdoptParams {
  readonly lab: string;
  /** The lab file as the user named it; empty when it is not known (`down`, `gc`): the record's stays. */
  readonly file: string;
  /** Take over what a dead agent left (its journal) instead of failing. */
  readonly recover: boolean;
  /** With `recover`, only to take it down: write errors (a full disk) are not an obstacle. */
  readonly leaving?: boolean | undefined;
  /** Labs in containers, when several engines are requested. */
  readonly placement?: Placement | undefined;
}

/** What is kept of a lab so that it can be checked, inspected and taken down without its YAML. */
export interface StoredLab {
  /** JSON of lab/lab.ts' Lab. */
  readonly lab: unknown;
  /** The texts that it was loaded from (syntax/lab-sources.ts' LabSources), and what happened to it since (kube/workload/live-state.ts' LiveState). */
  readonly sources?: LabSources | undefined;
  readonly live?: LiveState | undefined;
  /** ISO time of the last up. */
  readonly at: string;
  /** Versions of the program that stored it and of the format: load/revive-lab.ts. */
  readonly version: string;
  readonly format?: number | undefined;
}

export interface ApplyParams {
  readonly operations: readonly Operation[] | PackedOperations;
  readonly mode: "build" | "converge";
  readonly keep: boolean;
  /** Testing aid: wait this long between operations (ms); fault injection for kill tests. */
  readonly pace?: number | undefined;
}

export interface ApplyResult {
  readonly done: number;
  readonly failures: readonly OperationFailure[];
  readonly rolledBack: boolean;
  readonly ms: number;
}

/** A running proxy: its configuration, and how many clients each endpoint got (connections; over UDP, clients). */
export interface ProxyState {
  readonly spec: ProxySpec;
  readonly served: Readonly<Record<string, number>>;
}
