/** What a kind of manifest is to the loader: its schema and the checks that a schema cannot hold. */
import type * as z from "zod";
import type { Report } from "../syntax/report.ts";

export interface ManifestKind<T> {
  readonly apiVersion: string;
  /** Kept apart by name within a namespace. */
  readonly namespaced: boolean;
  readonly schema: z.ZodType<T>;
  /** Kubernetes' own validation; paths count from the object. */
  readonly validate: (object: T, report: Report) => void;
}
