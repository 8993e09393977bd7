/** What a check of kind rejected means. */
import type { CheckResolver } from "../kind.ts";
import { resolveService, type ServiceCheck } from "../service/resolve.ts";
import type { rejectedSchema } from "./schema.ts";

/** No endpoints: refused at once, or dropped without an answer. */
export interface RejectedCheck extends ServiceCheck {
  readonly kind: "rejected";
  readonly expect: { readonly how: "reject" | "drop" };
}

export const resolveRejected: CheckResolver<typeof rejectedSchema, RejectedCheck> = (doc, fields, context, scope) => {
  const shared = resolveService("rejected", doc.rejected, doc, fields, context, scope);
  if (shared === undefined) return undefined;
  return { ...shared, kind: "rejected", expect: { how: doc.expect ?? "reject" } };
};
