/** The clusters of a lab file: each resolved on its own, in its own names; then joined by the lab's router. */
import { pluginNamed } from "../cluster/cni/registry.ts";
import type { ClusterModel, Internet } from "../cluster/cluster.ts";
import { runningCluster, withLabNames } from "../cluster/lab-names.ts";
import { resolveCluster } from "../cluster/resolve-cluster.ts";
import type { ClusterDocument } from "../cluster/schema.ts";
import { manifestsOf } from "../kube/manifest-input.ts";
import { resolveWorkloads } from "../kube/workload/workload.ts";
import type { Family } from "../net/family.ts";
import { resolveInternet } from "../cluster/internet.ts";
import { resolveRanges } from "../cluster/ranges.ts";
import type { LabSubnets } from "../cluster/resolve-cluster-nodes.ts";
import { clusterPath, DEFAULT_CLUSTER } from "../net/object-ref.ts";
import type { Path } from "../syntax/path.ts";
import type { DiagnosticList, Scope } from "../syntax/scope.ts";
import type { LabInput } from "./input.ts";
import { checkJoined } from "./joined-clusters.ts";
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
  const internet = sharedInternet(parts, scope);
  const subnets: LabSubnets = new Map();
  const families: Family[] = [];
  const wire = input.wire?.mtu ?? input.running?.clusters[0]?.wireMtu;
  let less = 0;
  const namespaces: (readonly [string, readonly string[]])[] = [];
  const clusters = parts.map(({ name, document, path }, index): ClusterModel => {
    const isExternal = pluginNamed(document.cni?.plugin).external === true;
    const running = runningCluster(input.running, name, isExternal);
    const workloads = resolveWorkloads(manifestsOf(input.manifests, name), mistakes, running, input.lacking);
    const place = { name, index, internet, subnets, wire };
    const resolved = resolveCluster(document, workloads, scope.at(...path), place);
    families.push(...resolved.families.filter((family) => !families.includes(family)));
    less = Math.max(less, resolved.less);
    namespaces.push([name, workloads.namespaces.map((one) => one.name)]);
    const attachments = isExternal ? input.running?.live.attachments : undefined;
    return withLabNames({ ...resolved.cluster, ...(attachments === undefined ? {} : { attachments }) });
  });
  if (parts.length > 1)
    checkJoined(
      clusters,
      parts.map(({ path }) => scope.at(...path)),
      scope,
    );
  return { clusters, families: parts.length === 0 ? undefined : families, less, namespaces };
}

/** What the one cluster says of the lab's internet that describes it. */
function sharedInternet(parts: readonly ClusterPart[], scope: Scope): Internet | undefined {
  const [owner, ...others] = parts.filter(({ document }) => document.internet !== undefined);
  for (const { path } of others)
    scope
      .at(...path, "internet")
      .error(
        `the lab has one internet, and ${clusterPath(owner?.name)}.internet describes it`,
        "describe it in one cluster; it is there for all",
      );
  if (owner === undefined || parts.length === 1) return undefined;
  const { document, path, name } = owner;
  const place = scope.at(...path).muted();
  const ranges = resolveRanges(document, pluginNamed(document.cni?.plugin), place, parts.indexOf(owner));
  return resolveInternet(document, ranges.internet, place.at("internet"), clusterPath(name));
}
