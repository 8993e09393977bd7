/** How the checks of Services are resolved: balanced, nat, sticky, rejected. */
import type { CheckDocuments } from "./schema.ts";
import type { BalancedCheck, NatCheck, RejectedCheck, ServiceCheck, StickyCheck } from "../lab/check.ts";
import type { Destination } from "../net/target.ts";
import { common, readFrom } from "./check-context.ts";
import type { CheckBase, CheckContext, CheckResolver } from "./check-context.ts";
import { readDestination, readEndpoint, readTargets } from "../targets/destination.ts";
import { parseAddress } from "../net/address.ts";
import type { Scope } from "../syntax/scope.ts";

type Kind = ServiceCheck["kind"];

const STICKY_CONNECTIONS = 20;

/** What all four share: sources, the address and port that they send to. */
function basics(
  kind: Kind,
  endpoint: string,
  doc: CheckDocuments[Kind],
  base: CheckBase,
  context: CheckContext,
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
  return { ...common(base, from, found.to), from, ...found, protocol: doc.protocol ?? ("tcp" as const) };
}

/** Pods (a workload means each of its pods) and addresses. */
function readEndpoints(
  texts: readonly string[] | undefined,
  context: CheckContext,
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

const balanced: CheckResolver<"balanced"> = (doc, base, context, scope) => {
  const shared = basics("balanced", doc.balanced, doc, base, context, scope);
  const endpoints = readEndpoints(doc.expect?.endpoints, context, scope.at("expect", "endpoints"));
  if (shared === undefined) return undefined;
  return {
    ...shared,
    kind: "balanced",
    connections: doc.connections,
    expect: endpoints === undefined ? {} : { endpoints },
  } satisfies BalancedCheck;
};

const nat: CheckResolver<"nat"> = (doc, base, context, scope) => {
  const shared = basics("nat", doc.nat, doc, base, context, scope);
  const word = doc.expect?.source;
  const source =
    word === undefined || word === "client" || word === "masqueraded"
      ? word
      : readDestination(word, context.index, scope.at("expect", "source"));
  const endpoints = readEndpoints(doc.expect?.endpoints, context, scope.at("expect", "endpoints"));
  if (shared === undefined) return undefined;
  return {
    ...shared,
    kind: "nat",
    expect: { ...(source === undefined ? {} : { source }), ...(endpoints === undefined ? {} : { endpoints }) },
  } satisfies NatCheck;
};

const sticky: CheckResolver<"sticky"> = (doc, base, context, scope) => {
  const shared = basics("sticky", doc.sticky, doc, base, context, scope);
  if (shared === undefined) return undefined;
  const seconds = doc.expect?.seconds;
  return {
    ...shared,
    kind: "sticky",
    connections: doc.connections ?? STICKY_CONNECTIONS,
    expect: seconds === undefined ? {} : { seconds },
  } satisfies StickyCheck;
};

const rejected: CheckResolver<"rejected"> = (doc, base, context, scope) => {
  const shared = basics("rejected", doc.rejected, doc, base, context, scope);
  if (shared === undefined) return undefined;
  return { ...shared, kind: "rejected", expect: { how: doc.expect ?? "reject" } } satisfies RejectedCheck;
};

export const SERVICE_CHECK_RESOLVERS = { balanced, nat, sticky, rejected };
