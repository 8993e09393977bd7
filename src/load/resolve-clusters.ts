/** The clusters of a lab file: each resolved on its own, in its own names; then joined by the lab's router. */
import type { ClusterModel, Internet } from "../cluster/cluster.ts";
import { runningCluster, withLabNames } from "../cluster/lab-names.ts";
import { clusterPath, resolveCluster } from "../cluster/resolve-cluster.ts";
import type { ClusterDocument } from "../cluster/schema.ts";
import { manifestsOf } from "../kube/manifest-input.ts";
import { resolveWorkloads } from "../kube/workload/workload.ts";
import { formatPrefix, parsePrefix, prefixesOverlap } from "../net/address.ts";
import type { Prefix } from "../net/address.ts";
import { perFamily } from "../net/families.ts";
import type { Family } from "../net/family.ts";
import { DEFAULT_CLUSTER } from "../net/object-ref.ts";
import type { Path } from "../syntax/path.ts";
import type { DiagnosticList, Scope } from "../syntax/scope.ts";
import type { LabInput } from "./input.ts";
import type { LabDocument } from "./schema.ts";

export interface ClusterPart {
  readonly name: string;
  readonly document: ClusterDocument;
  /** Where it stands in `spec`. */
  readonly path: Path;
  /** Its own entries of manifests. */
  readonly manifests: readonly string[];
}

/** `spec.clusters`, or `spec.cluster`, which is short for one with the name default. */
export function clusterParts({ cluster, clusters }: LabDocument["spec"]): readonly ClusterPart[] {
  if (cluster !== undefined) return [{ name: DEFAULT_CLUSTER, document: cluster, path: ["cluster"], manifests: [] }];
  return Object.entries(clusters ?? {}).map(([name, { manifests = [], ...document }]) => ({
    name,
    document,
    path: ["clusters", name],
    manifests,
  }));
}

export interface ResolvedClusters {
  /** With the lab's names. */
  readonly clusters: readonly ClusterModel[];
  /** Undefined: there are none. */
  readonly families: readonly Family[] | undefined;
  /** Bytes that the wire between the nodes subtracts from pods' packets. */
  readonly less: number;
  /** Of each cluster. */
  readonly namespaces: readonly (readonly [cluster: string, names: readonly string[]])[];
}

/** `scope`: of `spec`. */
export function resolveClusters(input: LabInput, mistakes: DiagnosticList, scope: Scope): ResolvedClusters {
  const { spec } = input.document;
  if (spec.cluster !== undefined && spec.clusters !== undefined)
    scope
      .at("clusters")
      .error("the lab has both cluster and clusters", "move the one under cluster to clusters, and give it a name");
  if (spec.clusters !== undefined && Object.keys(spec.clusters).length === 0)
    scope.at("clusters").dangling("clusters is empty", "add a cluster: clusters: { east: { nodes: [node1] } }");
  const parts = clusterParts(spec);
  const owner = internetOwner(parts, scope);
  const families: Family[] = [];
  const wire = input.wire?.mtu ?? input.running?.clusters[0]?.wireMtu;
  let less = 0;
  const namespaces: (readonly [string, readonly string[]])[] = [];
  const resolve = (part: ClusterPart, internet?: Internet): ClusterModel => {
    const { name, document, path } = part;
    const running = runningCluster(input.running, name);
    const workloads = resolveWorkloads(manifestsOf(input.manifests, name), mistakes, running, input.lacking);
    const place = { name, index: parts.indexOf(part), internet, wire };
    const resolved = resolveCluster(document, workloads, scope.at(...path), place);
    families.push(...resolved.families.filter((family) => !families.includes(family)));
    less = Math.max(less, resolved.less);
    namespaces.push([name, workloads.namespaces.map((one) => one.name)]);
    return withLabNames(resolved.cluster);
  };
  const first = owner === undefined ? undefined : resolve(owner);
  const clusters = parts.map((part) =>
    part === owner && first !== undefined ? first : resolve(part, first?.internet),
  );
  if (parts.length > 1) checkJoined(clusters, parts, scope);
  return { clusters, families: parts.length === 0 ? undefined : families, less, namespaces };
}

/** The cluster that says what the lab's internet has. */
function internetOwner(parts: readonly ClusterPart[], scope: Scope): ClusterPart | undefined {
  const [owner, ...others] = parts.filter(({ document }) => document.internet !== undefined);
  for (const { path } of others)
    scope
      .at(...path, "internet")
      .error(
        `the lab has one internet, and ${clusterPath(owner?.name ?? "")}.internet describes it`,
        "describe it in one cluster; it is there for all",
      );
  return owner;
}

interface RoutedRange {
  readonly cluster: string;
  readonly what: string;
  readonly prefix: Prefix;
  readonly place: Scope;
}

/** What the lab's router has routes to. */
function routedRanges(cluster: ClusterModel, place: Scope): readonly RoutedRange[] {
  const range = (what: string, text: string): RoutedRange[] => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ cluster: cluster.name, what, prefix, place: place.at(what) }];
  };
  return [
    ...cluster.switches.flatMap(({ subnet }) => perFamily(subnet).flatMap(([, text]) => range("nodeCIDR", text))),
    ...(cluster.flat === true ? perFamily(cluster.podCIDR).flatMap(([, text]) => range("podCIDR", text)) : []),
  ];
}

/** Ranges that the router leads to must differ; all others may overlap, and are then not reached from other clusters. */
function checkJoined(clusters: readonly ClusterModel[], parts: readonly ClusterPart[], scope: Scope): void {
  const ranges = clusters.flatMap((cluster, i) => routedRanges(cluster, scope.at(...(parts[i]?.path ?? []))));
  for (const [i, a] of ranges.entries()) {
    const b = ranges.slice(0, i).find((one) => one.cluster !== a.cluster && prefixesOverlap(a.prefix, one.prefix));
    if (b !== undefined)
      a.place.error(
        `${a.what} ${formatPrefix(a.prefix)} of cluster ${a.cluster} overlaps ${b.what} ${formatPrefix(b.prefix)} of cluster ${b.cluster}`,
        "the lab's router leads to both: give each cluster a range of its own",
      );
  }
  const internet = clusters.flatMap((cluster) => perFamily(cluster.internet.subnet).map(([, text]) => text));
  for (const { cluster, what, prefix, place } of ranges) {
    const taken = internet.find((text) => {
      const other = parsePrefix(text);
      return other !== undefined && prefixesOverlap(prefix, other);
    });
    if (taken !== undefined)
      place.error(
        `${what} ${formatPrefix(prefix)} of cluster ${cluster} overlaps the internet's ${taken}`,
        "choose another range",
      );
  }
  const names = new Set<string>();
  for (const { nodes, switches } of clusters)
    for (const { name } of [...nodes, ...switches]) {
      if (names.has(name)) scope.error(`two clusters have a namespace "${name}"`, "give the node another name");
      names.add(name);
    }
}
