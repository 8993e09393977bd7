/** What a check of kind mtu means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Destination, Target } from "../../net/target.ts";
import { readDestination } from "../../targets/destination.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { mtuSchema } from "./schema.ts";

/** What every IPv4 link carries (RFC 791), and the largest IPv4 packet. Bytes. */
export const SMALLEST_MTU = 68;
export const LARGEST_MTU = 65_535;

export interface MtuCheck extends Check {
  readonly kind: "mtu";
  readonly from: readonly Target[];
  readonly to: Destination;
  /** Bytes of the largest IP packet that is answered. */
  readonly expect: number;
}

export const resolveMtu: CheckResolver<typeof mtuSchema, MtuCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const to = readDestination(doc.mtu, context.index, scope.at("mtu"));
  return to === undefined ? undefined : { ...common(fields, from, to), kind: "mtu", from, to, expect: doc.expect };
};
