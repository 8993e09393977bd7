/** What checks of the kinds tcp and udp mean. */
import type * as z from "zod";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Outcome } from "../../net/outcome.ts";
import type { Scope } from "../../syntax/scope.ts";
import { readEndpoint } from "../../targets/destination.ts";
import { readAnswer } from "../check-expectation.ts";
import { common, readFrom, type CheckFields, type ResolveContext } from "../resolve-context.ts";
import type { connectExpectation } from "./schema.ts";

export interface ConnectCheck<Kind extends "tcp" | "udp" = "tcp" | "udp"> extends Check {
  readonly kind: Kind;
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly expect: {
    readonly outcome: Outcome;
    readonly sourceIP?: Destination | undefined;
    readonly hostname?: string | undefined;
  };
}

interface ConnectDocument {
  readonly from: string | readonly string[];
  readonly expect?: z.infer<typeof connectExpectation>;
}

/** The resolver of one of the two kinds. */
export function connectResolver<Kind extends "tcp" | "udp">(kind: Kind) {
  return (
    doc: ConnectDocument & { readonly [K in Kind]: string },
    fields: CheckFields,
    context: ResolveContext,
    scope: Scope,
  ): ConnectCheck<Kind> | undefined => {
    const from = readFrom(doc.from, context, scope);
    const found = readEndpoint(doc[kind], context.index, scope.at(kind));
    const expect = readAnswer(doc.expect, context, scope);
    return found === undefined ? undefined : { ...common(fields, from, found.to), kind, from, ...found, expect };
  };
}
