/** What checks of Services (balanced, nat, sticky, rejected) have in common. */
import type * as z from "zod";
import type { Check } from "../../lab/check.ts";
import type { Destination, Target } from "../../net/target.ts";
import { common, readFrom, type CheckFields, type ResolveContext } from "../resolve-context.ts";
import { readDestination, readEndpoint, readTargets } from "../../targets/destination.ts";
import { parseAddress } from "../../net/address.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { serviceProtocol } from "./schema.ts";

export interface ServiceCheck extends Check {
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

interface ServiceDocument {
  readonly from: string | readonly string[];
  readonly protocol?: z.infer<typeof serviceProtocol>;
}

/** What all four share: sources, the address and port that they send to. */
export function resolveService(
  kind: string,
  endpoint: string,
  doc: ServiceDocument,
  fields: CheckFields,
  context: ResolveContext,
  scope: Scope,
) {
  const from = readFrom(doc.from, context, scope);
  const found = readEndpoint(endpoint, context.index, scope.at(kind));
  if (found === undefined) return undefined;
  if (found.to.kind === "name") {
    scope
      .at(kind)
      .error(
        `"${endpoint}" is a name: what is decided about a Service is decided about its address`,
        "write svc/NAME:PORT or an address",
      );
    return undefined;
  }
  return { ...common(fields, from, found.to), from, ...found, protocol: doc.protocol ?? ("tcp" as const) };
}

/** Pods (a workload means each of its pods) and addresses. */
export function readEndpoints(
  texts: readonly string[] | undefined,
  context: ResolveContext,
  scope: Scope,
): readonly Destination[] | undefined {
  return texts?.flatMap((text, i): readonly Destination[] => {
    const place = scope.at(i);
    if (parseAddress(text) === undefined)
      return readTargets(text, context.index, place).map((target) => ({ kind: "target", target }));
    const found = readDestination(text, context.index, place);
    return found === undefined ? [] : [found];
  });
}
