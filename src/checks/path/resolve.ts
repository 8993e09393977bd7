/** What a check of kind path means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Scope } from "../../syntax/scope.ts";
import { readDestination, readTarget } from "../../targets/destination.ts";
import { common, readFrom, type ResolveContext } from "../resolve-context.ts";
import type { pathSchema } from "./schema.ts";

export interface PathCheck extends Check {
  readonly kind: "path";
  readonly from: readonly Target[];
  readonly to: Destination;
  readonly protocol: "icmp" | "tcp" | "udp";
  readonly port?: number | undefined;
  readonly expect: {
    /** Namespaces in the order in which the packet enters them, first and last included. */
    readonly hops?: readonly string[] | undefined;
    /** `NAMESPACE/IFACE` places that it crosses, in this order (others may be between). */
    readonly crosses?: readonly string[] | undefined;
    /** Places that it must not cross. */
    readonly avoids?: readonly string[] | undefined;
  };
}

/** `default/client` or `node1/eth0`: names as in traces. */
function places(
  texts: readonly string[] | undefined,
  context: ResolveContext,
  scope: Scope,
): readonly string[] | undefined {
  return texts?.flatMap((text, i) => {
    const target = readTarget(text, context.index, scope.at(i));
    return target === undefined ? [] : [target.iface === undefined ? target.ns : `${target.ns}/${target.iface}`];
  });
}

export const resolvePath: CheckResolver<typeof pathSchema, PathCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const to = readDestination(doc.path, context.index, scope.at("path"));
  const [word = "icmp", portText] = (doc.protocol ?? "icmp").split(":");
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65535))
    scope.at("protocol").error(`"${portText}" is not a port`, "ports go from 1 to 65535");
  const hops = places(doc.expect.hops, context, scope.at("expect", "hops"));
  const crosses = places(doc.expect.crosses, context, scope.at("expect", "crosses"));
  const avoids = places(doc.expect.avoids, context, scope.at("expect", "avoids"));
  if (to === undefined) return undefined;
  if (hops === undefined && crosses === undefined && avoids === undefined)
    scope.at("expect").error("expect is empty", "give hops, crosses or avoids");
  return {
    ...common(fields, from, to),
    kind: "path",
    from,
    to,
    protocol: word as PathCheck["protocol"],
    port,
    expect: { hops, crosses, avoids },
  };
};
