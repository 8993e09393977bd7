/** How one kind of resource is brought into the kernel. One file per kind in apply/kinds, one line in its registry. */
import type { NetnsHandle, NetnsIdentity } from "../kernel/netns.ts";
import type { Machine } from "./machine.ts";
import type { ResourceKind, ResourceOf } from "../resources/resource.ts";

export interface ApplyContext {
  readonly lab: string;
  /** Set where the lab lives on several machines and this is one of them. */
  readonly machine?: Machine | undefined;
  /** The open namespace; throws when the lab has none of that name. */
  netns(ns: string): NetnsHandle;
  /** Undefined when the lab has none of that name. */
  find(ns: string): NetnsHandle | undefined;
  /** Called by the netns kind when it has made or removed one. `isNew`: nothing is in it yet. */
  registerNetns(ns: string, handle: NetnsHandle, isNew?: boolean): void;
  forgetNetns(ns: string): void;
  /** Which namespace a netns resource is; kept before it gets its name, for as long as it is ours. */
  readonly identities: { get(id: string): NetnsIdentity | undefined; keep(id: string, one: NetnsIdentity): void };
  /** Something that whoever changes the lab should know. */
  readonly say?: ((text: string) => void) | undefined;
  /** What a resource's setting was before we first changed it; kept for as long as the resource is ours. */
  readonly former?: { get(id: string): string | undefined; keep(id: string, value: string): void } | undefined;
}

/**
 * Synchronous where it can be (netlink), a promise where a tool runs. Throws an Error whose message is what the kernel
 * or the tool said (with the extended ACK of netlink). `create` of something that is there already in the wished form
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
