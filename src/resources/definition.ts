/** The definition of a kind of resource: everything that plans, prints, draws or compares resources uses it. How it is applied is in apply.ts beside it. */
import type { Cause } from "../cause.ts";
import type { Family } from "../net/family.ts";
import type { EditForm } from "./edit-form.ts";
import type { KindEncoder } from "./encode-kind.ts";
import type { KindPlan } from "./kind.ts";
import type { ObservedIndex } from "./observed-index.ts";
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
  /** Where it is not the kernel's choice. */
  readonly mac?: string | undefined;
  /** Where it says more than the kind: `gre` of a tunnel. */
  readonly type?: string | undefined;
  /** Device of the same namespace that it is on. */
  readonly lower?: string | undefined;
  /** Bridge, bond or VRF in the same namespace. */
  readonly master?: string | undefined;
  /** The other end of the cable. */
  readonly peer?: { readonly ns: string; readonly name: string } | undefined;
}

/** An address of a device. */
export interface AddressFacts {
  readonly ns: string;
  readonly dev: string;
  /** With prefix length. */
  readonly address: string;
  readonly family: Family;
}

/** One end of a tunnel: it and the end at `remote` are one tunnel, as are ends that an entry (`TunnelEntry`) joins. */
export interface TunnelFacts extends DeviceEnd {
  /** What both ends have in common besides their addresses: `vxlan 42 8472`. */
  readonly tunnel: string;
  readonly local?: string | undefined;
  /** Absent: any. */
  readonly remote?: string | undefined;
  /** UDP port at which it takes packets of the tunnel. */
  readonly port?: number | undefined;
}

/** A device leads to the tunnel's end at this address. */
export interface TunnelEntry extends DeviceEnd {
  readonly remote: string;
}

export interface DeviceEnd {
  readonly ns: string;
  readonly device: string;
}

/**
 * Where `plan --script` has it: with the namespaces that everything else needs, with what joins these, with the rest of its namespace,
 * or as a comment, because a shell cannot do what the agent does.
 */
export type ScriptPart = "namespace" | "cable" | "own" | "comment";

/** A difference at one of the ends of what is in several namespaces. */
export interface PlacedDifference {
  readonly ns: string;
  readonly text: string;
}

/** Where on a device packets meet it: as they come in, or as they go out. */
export interface DeviceHook {
  readonly device: string;
  readonly direction: "in" | "out";
  /** The chain whose rules count those that they drop. */
  readonly chain?: { readonly table: string; readonly name: string } | undefined;
}

/** Where in a namespace something acts on a packet. */
export type Meeting = "netfilter" | "routing" | "neighbour" | "forwarding" | "socket";

/** An installed rule: table and chain, or what stands for these where there are none, and its number there. */
export interface RulePlace {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly index: number;
  readonly rule: string;
  /** What it did, where that is known. */
  readonly effect?: string | undefined;
}

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
  /** It waits for a process all the same. */
  waits?(resource: R): boolean;
  /** Lists of the kernel, as the check `state` calls them, in which it makes entries. */
  readonly listed?: readonly string[] | undefined;
  /** A program that may still be starting, or what one needs for that. */
  readonly starts?: true | undefined;
  /** The kernel accepts a change of it as a whole or not at all. */
  readonly takenWhole?: boolean | undefined;
  /** A part of it is outside of the lab's namespaces: on teardown it is removed for itself, before them. */
  readonly leavesLab?: true | undefined;
  /** What a person makes again is not taken for what the agent has made, though it be the same. */
  readonly byAgentOnly?: true | undefined;
  /** What one run of its tool does together in a namespace: operations with the same value. Undefined: it is done alone. */
  together?(action: Action, resource: R): string | undefined;
  readonly script: ScriptPart | ((resource: R) => ScriptPart);
  /** `down` names it among what it removed, and it ends with the container that it is in. */
  readonly endsWithContainer?: boolean | undefined;
  /** What its id has after kind and namespace. */
  key(resource: R): readonly (string | number)[];
  /** In a few words, as in `ip`'s output; its namespace is left out. */
  describe(resource: R): string;
  /** What its differences begin with, where their own words do not say what differs. `described`: by `describe`. */
  heading?(resource: R, described: string): string;
  /** Each end's differences in its own namespace; of an end that was not looked at none. Absent: it is in one. */
  differencesApart?(resource: R, observed: ObservedIndex): readonly PlacedDifference[];
  /** The devices that it makes. */
  devices?(resource: R): readonly DeviceFacts[];
  /** Addresses that it gives to devices. */
  addresses?(resource: R): readonly AddressFacts[];
  /** An address that its device has not got, but answers for. */
  answersFor?(resource: R): Omit<AddressFacts, "family"> | undefined;
  /** By it a device answers for all addresses that its namespace has routes to: proxy_arp. */
  answersForAll?(resource: R): boolean;
  /** The end of a tunnel that it is. */
  tunnel?(resource: R): TunnelFacts;
  tunnelEntry?(resource: R): TunnelEntry | undefined;
  /** What one of its devices is, for learners. */
  lesson?(device: Pick<DeviceFacts, "master" | "peer">): string;
  /** The keys by which other resources find it. */
  provide?(resource: R, index: ResourceIndex): void;
  /** What it makes in its namespace that is not foreign. Absent: rules, or nothing visible. */
  own?(resource: R, own: OwnSettings): void;
  /** The program that it runs until it is removed. */
  program?(resource: R): readonly string[];
  /** A pod's container has it; it ends with that. */
  readonly ofContainer?: true | undefined;
  /** It is the lab's, not of the machine that it looks at. */
  readonly outside?: true | undefined;
  /** Planned before everything else of all namespaces; or after the rest of its own, in the order of the devices that it is on. */
  readonly planned?: "first" | "byDevice" | undefined;
  /** Where a packet meets it. Absent: at a device. */
  readonly metAt?: Meeting | undefined;
  /** Packets of which devices meet it, where it is not about packets of its namespace; none: of the namespace. */
  hooks?(resource: R): readonly DeviceHook[];
  /** What a socket of it does with what it takes, after "taken"; absent: it answers itself. */
  takes?(resource: R): string;
  /** Why there is a rule at this place, as far as it made that. */
  ruleCause?(resource: R, place: RulePlace): Cause | undefined;
  /** The kernel forgets it when this device gets another MAC address. */
  goesWithMac?(resource: R, device: string): boolean;
  /** The kernel drops it when this device loses its link. */
  goesWithLink?(resource: R, device: string): boolean;
  /** Families whose packets it translates. */
  translates?(resource: R): readonly Family[];
  /** Could it have a part in what happens to a packet? Absent: yes. */
  meets?(resource: R, passage: Passage): boolean;
  /** What it needs of the machine beyond what every lab does. */
  requirements?(resource: R): readonly Requirement[];
  parts?(resource: R): readonly NamedPart[];
  /** What is written to the journal of it; absent: all. Secrets are not. */
  stored?(resource: R): R;
  /** A change of it is sent and stored as the difference. */
  readonly edits?: EditForm<R, unknown> | undefined;
  readonly plan: KindPlan<R>;
  readonly encode: KindEncoder<R>;
}
