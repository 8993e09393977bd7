/** What a check of kind nat means. */
import type { CheckResolver } from "../kind.ts";
import type { Destination } from "../../net/target.ts";
import { readDestination } from "../../targets/destination.ts";
import { readEndpoints, resolveService, type ServiceCheck } from "../service/resolve.ts";
import type { natSchema } from "./schema.ts";

/** What happens to source and destination on the way to a Service. */
export interface NatCheck extends ServiceCheck {
  readonly kind: "nat";
  readonly expect: {
    /** `client`: kept; `masqueraded`: replaced by an address of the node; else exactly this address. */
    readonly source?: "client" | "masqueraded" | Destination | undefined;
    readonly endpoints?: readonly Destination[] | undefined;
  };
}

export const resolveNat: CheckResolver<typeof natSchema, NatCheck> = (doc, fields, context, scope) => {
  const shared = resolveService("nat", doc.nat, doc, fields, context, scope);
  const word = doc.expect?.source;
  const source =
    word === undefined || word === "client" || word === "masqueraded"
      ? word
      : readDestination(word, context.index, scope.at("expect", "source"));
  const endpoints = readEndpoints(doc.expect?.endpoints, context, scope.at("expect", "endpoints"));
  if (shared === undefined) return undefined;
  return { ...shared, kind: "nat", expect: { source, endpoints } };
};
