/** What a check of kind sticky means. */
import type * as z from "zod";
import type { Scope } from "../../syntax/scope.ts";
import type { CheckFields, ResolveContext } from "../resolve-context.ts";
import { resolveService } from "../service/resolve.ts";
import type { ServiceCheck } from "../service/resolve.ts";
import type { stickySchema } from "./schema.ts";

/** Each client keeps its endpoint (sessionAffinity: ClientIP). */
export interface StickyCheck extends ServiceCheck {
  readonly kind: "sticky";
  readonly connections: number;
  readonly expect: { readonly seconds?: number | undefined };
}

const CONNECTIONS = 20;

export function resolveSticky(
  doc: z.infer<typeof stickySchema>,
  fields: CheckFields,
  context: ResolveContext,
  scope: Scope,
): StickyCheck | undefined {
  const shared = resolveService("sticky", doc.sticky, doc, fields, context, scope);
  if (shared === undefined) return undefined;
  const seconds = doc.expect?.seconds;
  return {
    ...shared,
    kind: "sticky",
    connections: doc.connections ?? CONNECTIONS,
    expect: seconds === undefined ? {} : { seconds },
  };
}
