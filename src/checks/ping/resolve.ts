/** What a check of kind ping means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import { readDestination } from "../../targets/destination.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { pingSchema } from "./schema.ts";

export interface PingCheck extends Check {
  readonly kind: "ping";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly count: number;
  /** Payload bytes; with `df` the path MTU is tested. */
  readonly size?: number | undefined;
  readonly df: boolean;
  /** `mtu`: the next-hop MTU that the refusing router reports. `loss` in percent. */
  readonly expect: {
    readonly outcome: "open" | "timeout" | "unreachable" | "toobig" | "noname";
    readonly loss?: number | undefined;
    readonly ttl?: number | undefined;
    readonly mtu?: number | undefined;
  };
}

export const resolvePing: CheckResolver<typeof pingSchema, PingCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const to = readDestination(doc.ping, context.index, scope.at("ping"));
  if (to === undefined) return undefined;
  const expect = typeof doc.expect === "object" ? doc.expect : { outcome: doc.expect ?? "open" };
  return {
    ...common(fields, from, to),
    kind: "ping",
    from,
    to,
    count: doc.count ?? 1,
    size: doc.size,
    df: doc.df ?? false,
    expect: { ...expect, outcome: expect.outcome ?? "open" },
  };
};

/** What just fits into one packet (`df`) depends on the MTU. */
export function fitPing(check: PingCheck, less: number): PingCheck {
  const { df, size, expect } = check;
  if (!df || size === undefined || size < less) return check;
  const mtu = expect.mtu === undefined ? undefined : expect.mtu - less;
  return { ...check, size: size - less, expect: { ...expect, mtu } };
}
