/** The definition of a kind of resource: everything that plans, prints, draws or compares resources uses it. How it is applied is in apply.ts beside it. */
import type { Cause } from "../cause.ts";
import type { Family } from "../net/family.ts";
import type { EditForm } from "./edit-form.ts";
import type { KindEncoder } from "./encode-kind.ts";
import type { KindPlan } from "./kind.ts";
import type { Action } from "./operation.ts";
import type { OwnSettings } from "./own-settings.ts";
import type { Passage } from "./passage.ts";
import type { ResourceIndex } from "./resource-index.ts";
import type { Requirement } from "./requirement.ts";
import type { ResourceBase, ResourceKind } from "./resource.ts";

/** A network device, as graphs and targets show it. A veth pair is two of them. */
export interface DeviceFacts {
  readonly ns: string;
  readonly name: string;
  readonly kind: ResourceKind;
  readonly mtu?: number | undefined;
  /** Where it says more than the kind: `gre` of a tunnel. */
  readonly type?: string | undefined;
  /** Device of the same namespace that it is on. */
  readonly lower?: string | undefined;
  /** Bridge, bond or VRF in the same namespace. */
  readonly master?: string | undefined;
  /** The other end of the cable. */
  readonly peer?: { readonly ns: string; readonly name: string } | undefined;
}

/**
 * Where `plan --script` has it: with the namespaces that everything else needs, with what joins these, with the rest of its namespace,
 * or as a comment, because a shell cannot do what the agent does.
 */
export type ScriptPart = "namespace" | "cable" | "own" | "comment";

/** A part of a resource that tools name when they refuse it. */
export interface NamedPart {
  readonly text: string;
  readonly cause: Cause;
}

type Kinded = ResourceBase & { readonly kind: string };

export interface ResourceDefinition<R extends Kinded> {
  readonly kind: R["kind"];
  /** The kernel keeps it, or the agent, with which it ends: on recreation, the old one must be removed by its own delete. */
  readonly lives: "kernel" | "agent";
  /** Made at once, or by a tool or a process that runs beside others. */
  readonly speed: "netlink" | "tool";
  /** Lists of the kernel, as the check `state` calls them, in which it makes entries. */
  readonly listed?: readonly string[] | undefined;
  /** A program that may still be starting, or what one needs for that. */
  readonly starts?: true | undefined;
  /** The kernel accepts a change of it as a whole or not at all. */
  readonly takenWhole?: boolean | undefined;
  /** What one run of its tool does together in a namespace: operations with the same value. */
  together?(action: Action, resource: R): string;
  readonly script: ScriptPart | ((resource: R) => ScriptPart);
  /** `down` names it among what it removed, and it ends with the container that it is in. */
  readonly endsWithContainer?: boolean | undefined;
  /** What its id has after kind and namespace. */
  key(resource: R): readonly (string | number)[];
  /** In a few words, as in `ip`'s output; its namespace is left out. */
  describe(resource: R): string;
  /** What its differences begin with, where their own words do not say what differs. `described`: by `describe`. */
  heading?(resource: R, described: string): string;
  /** The devices that it makes. */
  devices?(resource: R): readonly DeviceFacts[];
  /** What one of its devices is, for learners. */
  lesson?(device: Pick<DeviceFacts, "master" | "peer">): string;
  /** The keys by which other resources find it. */
  provide?(resource: R, index: ResourceIndex): void;
  /** What it makes in its namespace that is not foreign. Absent: rules, or nothing visible. */
  own?(resource: R, own: OwnSettings): void;
  /** The kernel drops it when this device loses its link. */
  goesWithLink?(resource: R, device: string): boolean;
  /** Families whose packets it translates. */
  translates?(resource: R): readonly Family[];
  /** Could it have a part in what happens to a packet? Absent: yes. */
  meets?(resource: R, passage: Passage): boolean;
  /** What it needs of the machine beyond what every lab does. */
  requirements?(resource: R): readonly Requirement[];
  parts?(resource: R): readonly NamedPart[];
  /** A change of it is sent and stored as the difference. */
  readonly edits?: EditForm<R, unknown> | undefined;
  readonly plan: KindPlan<R>;
  readonly encode: KindEncoder<R>;
}
