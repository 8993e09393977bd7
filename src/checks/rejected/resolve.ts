/** What a check of kind rejected means. */
import type * as z from "zod";
import type { Scope } from "../../syntax/scope.ts";
import type { CheckFields, ResolveContext } from "../resolve-context.ts";
import { resolveService } from "../service/resolve.ts";
import type { ServiceCheck } from "../service/resolve.ts";
import type { rejectedSchema } from "./schema.ts";

/** No endpoints: refused at once, or dropped without an answer. */
export interface RejectedCheck extends ServiceCheck {
  readonly kind: "rejected";
  readonly expect: { readonly how: "reject" | "drop" };
}

export function resolveRejected(
  doc: z.infer<typeof rejectedSchema>,
  fields: CheckFields,
  context: ResolveContext,
  scope: Scope,
): RejectedCheck | undefined {
  const shared = resolveService("rejected", doc.rejected, doc, fields, context, scope);
  if (shared === undefined) return undefined;
  return { ...shared, kind: "rejected", expect: { how: doc.expect ?? "reject" } };
}
