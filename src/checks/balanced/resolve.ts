/** What a check of kind balanced means. */
import type { CheckResolver } from "../kind.ts";
import type { Destination } from "../../net/target.ts";
import { readEndpoints, resolveService, type ServiceCheck } from "../service/resolve.ts";
import type { balancedSchema } from "./schema.ts";

/** Connections are spread across the endpoints as Kubernetes does: each equally likely. */
export interface BalancedCheck extends ServiceCheck {
  readonly kind: "balanced";
  /** Absent: enough for the number of endpoints. */
  readonly connections?: number | undefined;
  readonly expect: { readonly endpoints?: readonly Destination[] | undefined };
}

export const resolveBalanced: CheckResolver<typeof balancedSchema, BalancedCheck> = (doc, fields, context, scope) => {
  const shared = resolveService("balanced", doc.balanced, doc, fields, context, scope);
  const endpoints = readEndpoints(doc.expect?.endpoints, context, scope.at("expect", "endpoints"));
  if (shared === undefined) return undefined;
  return { ...shared, kind: "balanced", connections: doc.connections, expect: { endpoints } };
};
