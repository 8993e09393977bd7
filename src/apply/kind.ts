/** How one kind of resource is brought into the kernel. One file per kind in apply/kinds, one line in its registry. */
import type { NetnsHandle, NetnsIdentity } from "../kernel/netns.ts";
import type { Machine } from "./machine.ts";
import type { ResourceKind, ResourceOf } from "../resources/resource.ts";

export interface ApplyContext {
  readonly lab: string;
  /** Set where the lab is spread over several machines and this is one of them. */
  readonly machine?: Machine | undefined;
  /** The open namespace; throws when the lab has none of that name. */
  netns(ns: string): NetnsHandle;
  /** Undefined when the lab has none of that name. */
  find(ns: string): NetnsHandle | undefined;
  /** Called by the netns kind when it has made or removed one. `isNew`: nothing is in it yet. */
  registerNetns(ns: string, handle: NetnsHandle, isNew?: boolean): void;
  forgetNetns(ns: string): void;
  /** Identity of a netns resource's namespace; recorded before it gets its name, for as long as it is ours. */
  readonly identities: { get(id: string): NetnsIdentity | undefined; keep(id: string, one: NetnsIdentity): void };
  /** A message for the user who changes the lab. */
  readonly say?: ((text: string) => void) | undefined;
  /** What a resource's setting was before we first changed it; kept for as long as the resource is ours. */
  readonly former?: { get(id: string): string | undefined; keep(id: string, value: string): void } | undefined;
}

/**
 * Synchronous where it can be (netlink), a promise where a tool runs. Throws an Error whose message is what the kernel
 * or the tool reported (with the extended ACK of netlink). `create` of something that already exists in the desired form
 * succeeds; `remove` of something that is gone succeeds.
 */
export interface KindApplier<K extends ResourceKind> {
  create(resource: ResourceOf<K>, context: ApplyContext): void | Promise<void>;
  update(resource: ResourceOf<K>, before: ResourceOf<K> | undefined, context: ApplyContext): void | Promise<void>;
  remove(resource: ResourceOf<K>, context: ApplyContext): void | Promise<void>;
}

/** A KindApplier that does all by system calls: done when the call returns. */
export interface SyncApplier<K extends ResourceKind> extends KindApplier<K> {
  create(resource: ResourceOf<K>, context: ApplyContext): void;
  update(resource: ResourceOf<K>, before: ResourceOf<K> | undefined, context: ApplyContext): void;
  remove(resource: ResourceOf<K>, context: ApplyContext): void;
}
