/** What happens, as data: the TUI, the plain lines, --json and the report files are all made from these events only. */
import type { Cause } from "./cause.ts";
import type { Diagnostic, OperationFailure } from "./errors.ts";
import type { Check } from "./lab/check.ts";
import type { Lab } from "./lab/lab.ts";
import type { Family } from "./net/family.ts";
import type { Operation, Plan } from "./resources/operation.ts";
import type { PacketLine } from "./services/capture/protocol.ts";
import type { ProbeResult } from "./services/probe/protocol.ts";
import type { Sighting } from "./services/trace/protocol.ts";

/** One attempt inside a check, for display and reports. */
export interface CheckAttempt {
  /** `pod/client → pod/web-0:80 (ipv4)`. */
  readonly label: string;
  readonly ok: boolean;
  readonly got: string;
  readonly probe?: ProbeResult | undefined;
}

/** A failed check is a result, not an exception. */
export interface CheckResult {
  readonly name: string;
  /** A kind of check; or `step`: what was done to the lab, `load`: the requests that were made meanwhile. */
  readonly kind: string;
  readonly source: Check["source"];
  readonly status: "passed" | "failed" | "skipped";
  readonly family?: Family | undefined;
  /** One line each, complete sentences: `status 200 from pod web-0 within 5 s`. */
  readonly expected: string;
  readonly got: string;
  /** Only for a failure: what differs from the lab file on the packet's way, `node1: net.ipv4.ip_forward is 0, should be 1`. */
  readonly differs?: string | undefined;
  /** Only for a failure: what dropped the packet, `NetworkPolicy default/deny (x.yaml:33) on node1: …`. */
  readonly dropped?: string | undefined;
  /** Only for a failure: where the packet got to, `entering node2 on eth0; nothing left node2 after that`. */
  readonly lastSeen?: string | undefined;
  readonly sightings?: readonly Sighting[] | undefined;
  /** Why skipped (a tool or a kernel feature is missing). */
  readonly reason?: string | undefined;
  /** A command that repeats this attempt by hand. */
  readonly reproduce?: string | undefined;
  readonly attempts: readonly CheckAttempt[];
  /** Printed matrix of a reach check. */
  readonly matrix?: string | undefined;
  readonly ms: number;
  /** The check must fail in this lab (`fails: true`), or failed because of a deliberate fault. */
  readonly expectedToFail: boolean;
  /** The lab file's text about this check: why the result is as expected. */
  readonly explain?: string | undefined;
}

/** Something that others added to the lab's nodes or pods. */
export interface ForeignNote {
  /** `node1`, `pod/web`. */
  readonly place: string;
  /** `route blackhole 10.244.1.2`. */
  readonly what: string;
  /** The command that removes it. */
  readonly command: string;
  /** A program of the lab's own runs there and may have made it. */
  readonly unsure: boolean;
}

export type LabEvent =
  | { readonly type: "lab"; readonly lab: Lab; readonly driver: string; readonly converging: boolean }
  /** The lab has other pods now: a step was done. */
  | { readonly type: "changed"; readonly lab: Lab }
  | { readonly type: "diagnostic"; readonly diagnostic: Diagnostic }
  /** Free text about what is happening: `agent was killed; started again`. */
  | { readonly type: "note"; readonly level: "info" | "warn"; readonly text: string }
  /** `afterwards`: what controllers do when that is done, one line each: `rollout of Deployment default/web: …`. */
  | { readonly type: "plan"; readonly plan: Plan; readonly afterwards?: readonly string[] | undefined }
  /** What exists but does not belong to the lab; `up` leaves it alone. */
  | { readonly type: "strangers"; readonly strangers: readonly ForeignNote[] }
  | {
      readonly type: "operation";
      readonly operation: Pick<Operation, "id" | "action" | "node" | "reason">;
      readonly cause: Cause;
      readonly status: "started" | "done" | "failed";
      readonly ms?: number | undefined;
      readonly failure?: OperationFailure | undefined;
    }
  | { readonly type: "progress"; readonly phase: "build" | "down"; readonly done: number; readonly total: number }
  | {
      readonly type: "built";
      readonly ms: number;
      readonly operations: number;
      readonly rolledBack: boolean;
      readonly failures: readonly OperationFailure[];
    }
  | { readonly type: "check-started"; readonly name: string; readonly kind: string; readonly index: number }
  | { readonly type: "check-attempt"; readonly name: string; readonly attempt: CheckAttempt }
  | {
      readonly type: "check-done";
      readonly index: number;
      readonly result: CheckResult;
      /** Index of the check before it in the file, of those in the same run: reporters that keep the order wait for it. */
      readonly previous?: number | undefined;
    }
  | { readonly type: "packet"; readonly packet: PacketLine }
  | {
      readonly type: "checks-done";
      readonly passed: number;
      /** Of these, how many failed as expected: the lab is broken on purpose. */
      readonly faulty?: number | undefined;
      readonly failed: number;
      readonly skipped: number;
      readonly ms: number;
    }
  | {
      readonly type: "down";
      readonly removed: number;
      readonly failures: readonly OperationFailure[];
      readonly ms: number;
    }
  | { readonly type: "artifacts"; readonly folder: string };

/** Every event carries the lab it belongs to and seconds since the start, also in --json. */
export type StampedEvent = LabEvent & { readonly labName: string; readonly at: number };
export type EventSink = (event: StampedEvent) => void;
