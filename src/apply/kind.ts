/** How one kind of resource is brought into the kernel: apply.ts of its folder. */
import type { NetnsHandle, NetnsIdentity } from "../kernel/netns.ts";
import type { Machine } from "./machine.ts";
import type { KeepLines } from "../resources/listings.ts";
import type { SavedRules } from "../resources/packed-rules.ts";
import type { Action } from "../resources/operation.ts";
import type { LabRuntime } from "./runtime.ts";
import type { ResourceKind, ResourceOf } from "../resources/resource.ts";

export interface ApplyContext {
  readonly lab: string;
  /** Set where the lab is spread across several machines and this is one of them. */
  readonly machine?: Machine | undefined;
  /** The open namespace; throws when the lab has none of that name. */
  netns(ns: string): NetnsHandle;
  /** Undefined when the lab has none of that name. */
  find(ns: string): NetnsHandle | undefined;
  /** Called by the netns kind when it has made or removed one. `isNew`: nothing is in it yet. */
  registerNetns(ns: string, handle: NetnsHandle, isNew?: boolean): void;
  forgetNetns(ns: string): void;
  /** Records what a namespace is like before anything is set in it. `isOwn`: the machine's, which the lab has not made. */
  lookAtNew?(handle: NetnsHandle, isOwn: boolean): void;
  /** Identity of a netns resource's namespace; recorded before it gets its name, for as long as it is ours. */
  readonly identities: { get(id: string): NetnsIdentity | undefined; keep(id: string, one: NetnsIdentity): void };
  /** A message for the user who changes the lab. */
  readonly say?: ((text: string) => void) | undefined;
  /** What a resource's setting was before we first changed it; kept for as long as the resource is ours. */
  readonly former?: { get(id: string): string | undefined; keep(id: string, value: string): void } | undefined;
}

/** An applier that does all by system calls and needs only the lab's namespaces: done when the call returns. */
export interface SyncApplier<K extends ResourceKind> {
  create(resource: ResourceOf<K>, context: ApplyContext): void;
  update(resource: ResourceOf<K>, before: ResourceOf<K> | undefined, context: ApplyContext): void;
  remove(resource: ResourceOf<K>, context: ApplyContext): void;
}

/** An operation on a resource of one kind. */
export interface Change<K extends ResourceKind> {
  readonly action: Action;
  readonly resource: ResourceOf<K>;
  readonly before?: ResourceOf<K> | undefined;
}

/** Looks at what a resource is about. Resources of one namespace with the same `what` are looked at once. */
export interface Look {
  readonly what: string;
  /** All that it shows is in the namespace's nftables ruleset, or in tables of iptables-legacy. */
  readonly inRuleset?: boolean;
  /** Lists of lines go through `keep`, as they come: namespaces have most of them in common. Throws what the tool said. */
  read(netns: NetnsHandle, keep: KeepLines): Promise<Partial<SavedRules>>;
}

/**
 * Synchronous where it can be (netlink), a promise where a tool runs. Throws an Error whose message is what the kernel
 * or the tool reported (with the extended ACK of netlink). `create` of something that already exists in the desired form
 * succeeds; `remove` of something that is gone succeeds.
 */
export interface RuntimeApplier<K extends ResourceKind> {
  create(resource: ResourceOf<K>, runtime: LabRuntime): void | Promise<void>;
  update(resource: ResourceOf<K>, before: ResourceOf<K> | undefined, runtime: LabRuntime): void | Promise<void>;
  remove(resource: ResourceOf<K>, runtime: LabRuntime): void | Promise<void>;
  /** All that belongs together, see ResourceDefinition.together. */
  applyAll?(changes: readonly Change<K>[], runtime: LabRuntime): Promise<void>;
  /** One of its namespaces was removed by hand: what the agent still holds of it is given up at once. */
  abandon?(resource: ResourceOf<K>, runtime: LabRuntime): void;
  /** Makes again what an agent that died has left unfinished or open. */
  restore?(resource: ResourceOf<K>, runtime: LabRuntime): void | Promise<void>;
  /** Something else is there than was written. */
  isChanged?(resource: ResourceOf<K>, runtime: LabRuntime): boolean;
  /** By a tool, where netlink dumps do not show it. */
  look?(resource: ResourceOf<K>): Look;
}
