/** What is recorded of a lab, before it is done. */
import type { NetnsIdentity } from "../kernel/netns.ts";
import type { Action } from "../resources/operation.ts";
import type { ResourceEdit } from "../resources/resource-edit.ts";
import type { Listings } from "../resources/listings.ts";
import type { InheritedValues } from "../resources/sysctl/inherited.ts";
import type { Resource } from "../resources/resource.ts";

export type JournalEntry =
  /** An agent adopts the lab. `id` is in the environment of all its processes and names its private mount of /run. */
  | {
      readonly t: "agent";
      readonly lab: string;
      readonly id: string;
      readonly file: string;
      readonly pid: number;
      readonly version: string;
      readonly at: string;
    }
  /** About to do this. With `edit`: the difference from the current resource, and all that is recorded. */
  | {
      readonly t: "do";
      readonly action: Action;
      readonly resource: Resource;
      readonly edit?: ResourceEdit | undefined;
    }
  /** A delete has been done. */
  | { readonly t: "gone"; readonly id: string }
  /** The kernel accepted nothing of the last change: the state is as before. */
  | { readonly t: "refused"; readonly resource: Resource; readonly chains: Listings | undefined }
  /** About to give this namespace the name of the resource: another one of that name is foreign. */
  | ({ readonly t: "netns"; readonly id: string } & NetnsIdentity)
  /** The numbers (ifindex) that devices of the lab have in a namespace, by name. */
  | { readonly t: "devices"; readonly ns: string; readonly links: Readonly<Record<string, number>> }
  /** The namespace existed before us: not ours, never to be removed. */
  | { readonly t: "foreign"; readonly id: string }
  /** What iptables-save showed after a restore. With `gone`: only what is new since it was last read, and what no longer exists. */
  | {
      readonly t: "iptables";
      readonly id: string;
      readonly chains: Listings;
      readonly gone?: readonly string[] | undefined;
    }
  /** What a namespace began with that was not known yet. */
  | { readonly t: "inherited"; readonly values: InheritedValues }
  /** The value of a sysctl before it was first set. */
  | { readonly t: "was"; readonly id: string; readonly value: string }
  /** About to raise limits of the host, see host-limits.ts. */
  | { readonly t: "host-limits" }
  | { readonly t: "commit" }
  | { readonly t: "down" };
