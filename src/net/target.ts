/** What checks, captures and commands name: a namespace or pod of a lab, and destinations of traffic. */
import type { Family } from "./family.ts";
import type { Cause } from "../cause.ts";
import type { ObjectRef } from "./object-ref.ts";

/** Where a probe goes: a target of the lab, a Service, a literal address or a name to be resolved in the source's namespace. */
export type Destination =
  | { readonly kind: "target"; readonly target: Target }
  /** `svc/web`: sent to the cluster IP. */
  | {
      readonly kind: "service";
      readonly text: string;
      /** Absent: the default cluster. */
      readonly cluster?: string | undefined;
      readonly namespace: string;
      readonly name: string;
      readonly addresses: Readonly<Partial<Record<Family, string>>>;
    }
  | { readonly kind: "address"; readonly address: string; readonly family: Family }
  | { readonly kind: "name"; readonly name: string };

/** A target written `node1`, `pod/client`, `pod/NAMESPACE/NAME`, `deploy/NAME`, or with its cluster `west.pod/client`; resolved. */
export interface Target {
  /** As written. */
  readonly text: string;
  /** Lab-internal namespace, see resources/resource.ts. */
  readonly ns: string;
  readonly node: string;
  /** Set when the target names one interface: `node1/eth0`. */
  readonly iface?: string | undefined;
  /** Pods only. */
  readonly pod?: ObjectRef | undefined;
  /** Addresses to reach it at, without prefix length: a pod's own, a node's on the underlay. */
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  readonly cause?: Cause | undefined;
}
