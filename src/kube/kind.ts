/** What a kind of manifest is: its names, its schema, the checks that a schema cannot express, and what it adds to the cluster. */
import type * as z from "zod";
import type { Report } from "../syntax/report.ts";
import type { Scope } from "../syntax/scope.ts";
import type { ClusterObjects } from "./cluster-objects.ts";
import type { WorkloadKind } from "./workload/workload-kind.ts";

/** One folder per kind, one line in registry.ts. `T`: an object of the kind that has passed the schema. */
export interface ManifestKind<K extends string, T> {
  /** As in manifests. Where two API groups have a kind of one name, one of them with its group, as kubectl names it: `KIND.GROUP`. */
  readonly kind: K;
  readonly apiVersion: string;
  /** Versions of other groups that mean the same: a CRD's own beside that of its API server. */
  readonly aliases?: readonly string[];
  /** What kubectl calls it in lower case, the short name first: `netpol`, `networkpolicy`, `networkpolicies`. */
  readonly words: readonly [string, ...string[]];
  /** Versions that Kubernetes no longer serves, with the release that dropped them. */
  readonly dropped?: Readonly<Record<string, string>>;
  /** Its names are unique within a namespace; absent: within the cluster. */
  readonly namespaced?: true;
  readonly schema: z.ZodType<T>;
  /** Kubernetes' own validation; paths count from the object. */
  validate(object: T, report: Report): void;
  /** Adds to the cluster what the object means. Absent: others read it. `scope`: the object's place. */
  resolve?(object: T, scope: Scope, into: ClusterObjects): void;
  /** Set for kinds whose controllers make pods. */
  readonly workload?: WorkloadKind<T>;
  /** What policies mean depends on it: commands about policies alone read it, too, and whole. */
  readonly judges?: true;
  /** Only network plugins that enforce policies of its API group act on it (`NetworkPlugin.policyApis`). */
  readonly byPlugin?: true;
  /** `kubectl delete` of it is a change to a running lab: what `resolve` added is removed. */
  readonly deletable?: true;
}
