/** What manifests of all kinds whose controllers make pods have in common. */
import * as z from "zod";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { anything } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta, type ObjectMeta } from "../metadata.ts";
import type { WorkloadKind } from "./workload-kind.ts";

interface WorkloadObject<S> {
  readonly metadata: ObjectMeta;
  readonly spec: S;
}

interface WorkloadManifest<K extends string, S> extends Pick<
  ManifestKind<K, WorkloadObject<S>>,
  "kind" | "apiVersion" | "words" | "dropped"
> {
  /** The shape of its spec. */
  readonly spec: z.ZodType<S>;
  /** Kubernetes' validation beyond that of its metadata. */
  check(object: WorkloadObject<S>, report: Report): void;
  /** How long its name may be; absent: as those of others. */
  readonly maxName?: number | undefined;
  readonly workload: WorkloadKind<WorkloadObject<S>>;
}

export function workloadManifest<K extends string, S>({
  spec,
  check,
  maxName = DNS_SUBDOMAIN.max,
  ...own
}: WorkloadManifest<K, S>): ManifestKind<K, WorkloadObject<S>> {
  const { apiVersion, kind } = own;
  return {
    ...own,
    namespaced: true,
    schema: lazy(() =>
      z.strictObject({
        apiVersion: z.literal(apiVersion),
        kind: z.literal(kind),
        metadata: objectMeta,
        spec,
        status: anything,
      }),
    ),
    validate(object, report) {
      checkMetadata(object.metadata, { ...DNS_SUBDOMAIN, max: maxName }, ["metadata"], report);
      check(object, report);
    },
  };
}
