/** What a check of kind sticky means. */
import type { CheckResolver } from "../kind.ts";
import { resolveService, type ServiceCheck } from "../service/resolve.ts";
import type { stickySchema } from "./schema.ts";

/** Each client keeps its endpoint (sessionAffinity: ClientIP). */
export interface StickyCheck extends ServiceCheck {
  readonly kind: "sticky";
  readonly connections: number;
  readonly expect: { readonly seconds?: number | undefined };
}

const CONNECTIONS = 20;

export const resolveSticky: CheckResolver<typeof stickySchema, StickyCheck> = (doc, fields, context, scope) => {
  const shared = resolveService("sticky", doc.sticky, doc, fields, context, scope);
  if (shared === undefined) return undefined;
  return { ...shared, kind: "sticky", connections: doc.connections ?? CONNECTIONS, expect: doc.expect ?? {} };
};
