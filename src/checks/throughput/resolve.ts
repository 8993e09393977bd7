/** What a check of kind throughput means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import { parseRate } from "../../syntax/quantity.ts";
import { readTarget } from "../../targets/destination.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { throughputSchema } from "./schema.ts";

export interface ThroughputCheck extends Check {
  readonly kind: "throughput";
  readonly from: readonly Target[];
  readonly to: Destination & { readonly kind: "target" };
  /** Seconds to measure. */
  readonly seconds: number;
  readonly expect: { readonly min?: number | undefined; readonly max?: number | undefined };
}

export const resolveThroughput: CheckResolver<typeof throughputSchema, ThroughputCheck> = (
  doc,
  fields,
  context,
  scope,
) => {
  const from = readFrom(doc.from, context, scope);
  const target = readTarget(doc.throughput, context.index, scope.at("throughput"));
  const limit = (key: "min" | "max"): number | undefined => {
    const value = doc.expect[key];
    const rate = value === undefined ? undefined : parseRate(value);
    if (value !== undefined && rate === undefined)
      scope.at("expect", key).error(`${JSON.stringify(value)} is not a rate`, "write for example 10mbit");
    return rate;
  };
  const [min, max] = [limit("min"), limit("max")];
  if (doc.expect.min === undefined && doc.expect.max === undefined)
    scope.at("expect").error("expect is empty", "give min or max: { min: 5mbit }");
  if (min !== undefined && max !== undefined && min > max)
    scope.at("expect").error("min is larger than max", "swap min and max");
  if (target === undefined) return undefined;
  const to = { kind: "target", target } as const;
  return {
    ...common(fields, from, to),
    kind: "throughput",
    from,
    to,
    seconds: doc.seconds ?? 1,
    expect: { min, max },
  };
};
