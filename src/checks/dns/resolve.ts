/** What a check of kind dns means. */
import type { CheckResolver } from "../kind.ts";
import { canonicalAddress } from "../../net/families.ts";
import type { Check } from "../../lab/check.ts";
import type { Target, Destination } from "../../net/target.ts";
import type { Outcome } from "../../net/outcome.ts";
import type { Family } from "../../net/family.ts";
import { readDestination, readTargets } from "../../targets/destination.ts";
import type { Answer } from "../check-expectation.ts";
import { common, readFrom, type ResolveContext } from "../resolve-context.ts";
import type { dnsSchema } from "./schema.ts";
import { clusterOf } from "../../cluster/lab-clusters.ts";
import { clusterPath, sameObject } from "../../net/object-ref.ts";
import type { Scope } from "../../syntax/scope.ts";
import { serviceText } from "../../targets/service-target.ts";

export interface DnsCheck extends Check {
  readonly kind: "dns";
  readonly from: readonly Target[];
  readonly query: string;
  readonly type: string;
  readonly server: Destination;
  readonly port: number;
  readonly protocol: "udp" | "tcp";
  readonly expect: {
    readonly outcome: Outcome;
    readonly rcode: string;
    readonly answers?: readonly string[] | undefined;
  };
}

/** The default server of a dns check: that of the cluster it is asked in. Undefined is a mistake that is reported. */
function clusterDns({ index }: ResolveContext, [from]: readonly Target[], scope: Scope): string | undefined {
  const cluster = from === undefined ? undefined : clusterOf(index, from);
  const server = { cluster: cluster?.name, namespace: "kube-system", name: "kube-dns" };
  if (cluster !== undefined && !cluster.services.some((one) => sameObject(one, server))) {
    scope.error(
      `the cluster of ${from?.text} has no DNS`,
      `give the check a server, or set ${clusterPath(cluster.name)}.dns: true`,
    );
    return undefined;
  }
  return serviceText(server);
}

const RECORD_FAMILIES: Readonly<Record<string, Family>> = { A: "ipv4", AAAA: "ipv6" };

/** Of `pod/web-0`, or all pods of `deploy/web`, in the family of the record. */
function addressesOf(text: string, type: string, { index }: ResolveContext, scope: Scope): readonly string[] {
  const family = RECORD_FAMILIES[type];
  return readTargets(text, index, scope).flatMap(({ addresses }) => {
    const address = family === undefined ? undefined : addresses[family];
    if (address === undefined)
      scope.error(`${text} has no address that an ${type} record has`, "write the answer itself");
    return address ?? [];
  });
}

export const resolveDns: CheckResolver<typeof dnsSchema, DnsCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const text = doc.server ?? clusterDns(context, from, scope.at("dns"));
  const server = text === undefined ? undefined : readDestination(text, context.index, scope.at("server"));
  if (server === undefined) return undefined;
  const word = typeof doc.expect === "string" ? doc.expect : undefined;
  const expect = typeof doc.expect === "object" ? doc.expect : {};
  const outcome = word !== undefined && word === word.toLowerCase() ? word : undefined;
  return {
    ...common(fields, from, server),
    kind: "dns",
    from,
    query: doc.dns,
    type: doc.type ?? "A",
    server,
    port: doc.port ?? 53,
    protocol: doc.protocol ?? "udp",
    expect: {
      outcome: (outcome as Answer["outcome"]) ?? expect.outcome ?? "open",
      rcode: word !== undefined && outcome === undefined ? word : (expect.rcode ?? "NOERROR"),
      answers: expect.answers?.flatMap((text, i) =>
        text.includes("/")
          ? addressesOf(text, doc.type ?? "A", context, scope.at("expect", "answers", i))
          : [canonicalAddress(text)],
      ),
    },
  };
};
