/** An operation: one step that brings the kernel nearer to the desired state, with its cause and what must come first. */
import type { Cause } from "../cause.ts";
import type { ResourceEdit } from "./resource-edit.ts";
import type { ForeignObject } from "./foreign-object.ts";
import type { Resource } from "./resource.ts";

export type Action = "create" | "update" | "delete";

export interface Operation {
  /** `create addr:node1:eth0:192.168.50.11/24`: action and resource id. */
  readonly id: string;
  readonly action: Action;
  /** The desired state (create, update) or the current one (delete). */
  readonly resource: Resource;
  /** What was applied before, for update. */
  readonly before?: Resource | undefined;
  /** What turns `before` into `resource`, where `before` is exactly what the agent has applied. */
  readonly edit?: ResourceEdit | undefined;
  readonly node: string;
  readonly cause: Cause;
  /** Operation ids. Operations are emitted in an order that satisfies them. */
  readonly dependsOn: readonly string[];
  /** Why it is needed on a running lab: `missing`, `mtu is 1500, should be 1450`, `no longer in the lab file`. */
  readonly reason?: string | undefined;
}

export interface Plan {
  readonly lab: string;
  /** Foreign objects. Absent where nothing was checked. */
  readonly foreign?: readonly ForeignObject[] | undefined;
  readonly operations: readonly Operation[];
  /** Ids of resources that programs make in user space on this machine: see ObservedState. */
  readonly userSpace?: readonly string[] | undefined;
}
