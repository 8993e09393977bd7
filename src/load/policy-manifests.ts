/** Clusters around plain manifests: namespaces, workloads and NetworkPolicies as they are, pods without everything else. */
import type { NetworkPlugin } from "../cluster/cni/plugin.ts";
import { enforcersOf, pluginNamed } from "../cluster/cni/registry.ts";
import { groupOf } from "../kube/left-out-kinds.ts";
import { manifestKind } from "../kube/registry.ts";
import { InputError, isMistake, type Diagnostic } from "../errors.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { Lab } from "../lab/lab.ts";
import type { PolicyBackendName } from "../cluster/policy/backends.ts";
import type { CustomResource } from "../cluster/policy/policy-world.ts";
import { resolveLab } from "./resolve-lab.ts";
import { API_VERSION, type LabDocument } from "./schema.ts";
import { foldDiagnostics } from "./fold-diagnostics.ts";
import { clusterFacts, FAMILIES, hasFamily, lostFamily, textsOf, type Family } from "./cluster-facts.ts";
import { keepFacts, type KeptFacts } from "./fact-ranges.ts";
import { readObjects, type ManifestObject } from "./manifest-objects.ts";
import type { LeftOutObject } from "./left-out.ts";
import { WORKER_LABEL } from "./cluster-own.ts";
import { readManifests } from "./manifest.ts";
import { reduceManifests, type Reduced } from "./reduce-manifest.ts";
import type { ServiceName } from "./service-facts.ts";
import type { ManifestInput } from "../kube/manifest-input.ts";
import { clusterPrefix } from "../net/object-ref.ts";
import { readPolicyFiles, type PolicyEntry, type PolicyFileOptions } from "./policy-files.ts";
import { JoinedRanges } from "./policy-ranges.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";
import { nameOf, namespaceOf } from "../kube/manifest-parts.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";

export interface PolicyLabOptions extends PolicyFileOptions {
  readonly name?: string | undefined;
  readonly backend?: PolicyBackendName | undefined;
  readonly dualStack?: boolean | undefined;
  /** Objects that may change who reaches whom but are not built are mistakes. */
  readonly strict?: boolean | undefined;
}

/** What the manifests of one cluster say besides what its model has. */
export interface PolicyPart {
  readonly cluster: ClusterModel;
  /** Namespaces that no manifest declares: they have no labels but their name. */
  readonly implied: ReadonlySet<string>;
  /** Objects that may change who reaches whom but are not built: verdicts ignore them. */
  readonly leftOut: readonly LeftOutObject[];
  readonly customResources: readonly CustomResource[];
  /** Services by their addresses in the manifests; this cluster may assign others. */
  readonly serviceAddresses: ReadonlyMap<string, ServiceName>;
}

export interface PolicyLab {
  /** Two nodes or more in each cluster, no checks. */
  readonly lab: Lab;
  readonly warnings: readonly Diagnostic[];
  /** One for each cluster of the lab. */
  readonly parts: readonly PolicyPart[];
}

const PODS_PER_NODE = 200;
const CONTROL_PLANE = "control-plane";

const ROLE = "node-role.kubernetes.io/control-plane";

type NodeField = Exclude<NonNullable<LabDocument["spec"]["cluster"]>["nodes"][number], string>;

type Size = Pick<Reduced, "pods" | "crowd">;

/** Those of the manifests; where none of them is for pods, two more, and as many as the nodes' ports require. */
function nodesFor({ pods, crowd }: Size, facts: Pick<PolicyFacts, "nodes">): readonly NodeField[] {
  const isPlane = ({ labels = {} }: NodeField): boolean => ROLE in labels || "node-role.kubernetes.io/master" in labels;
  const known = facts.nodes;
  const planes = known.filter(isPlane);
  const workers = known.filter((node) => !isPlane(node));
  const missing = Math.max(Math.ceil(pods / PODS_PER_NODE) - known.length, workers.length > 0 ? 0 : crowd);
  const names = new Set(known.map(({ name }) => name));
  const invented = Array.from({ length: Math.max(workers.length > 0 ? 0 : 2, missing) }, (_, i) => ({
    name: `node${i + 1}`,
  }));
  // The API server's endpoint is the first node: no pod is there, for which it would be its own node.
  const first = planes.length > 0 || names.has(CONTROL_PLANE) ? [] : [{ name: CONTROL_PLANE, labels: { [ROLE]: "" } }];
  return [
    ...first,
    ...planes,
    ...[...workers, ...invented.filter(({ name }) => !names.has(name))].map((node: NodeField) => ({
      ...node,
      labels: { ...node.labels, [WORKER_LABEL]: "" },
    })),
  ];
}

interface PolicyFacts {
  /** Absent where all addresses of the manifests are IPv6. */
  readonly ipv4: KeptFacts | undefined;
  /** Where pods or Services have IPv6 addresses. */
  readonly ipv6: KeptFacts | undefined;
  readonly nodes: readonly NodeField[];
  readonly keepsIPs: readonly Family[];
  readonly lost: readonly string[];
}

function policyFacts(objects: readonly ManifestObject[], { dualStack }: PolicyLabOptions): PolicyFacts {
  const [four, six] = [clusterFacts(objects, "ipv4"), clusterFacts(objects, "ipv6")];
  const ipv6 = hasFamily(six) ? keepFacts(six) : undefined;
  const only6 = ipv6 !== undefined && textsOf(four).length === 0 && dualStack !== true;
  const ipv4 = only6 ? undefined : keepFacts(four);
  const both = (one: string | undefined, other: string | undefined): string[] =>
    [one, other].filter((text) => text !== undefined);
  return {
    ipv4,
    ipv6,
    nodes: (ipv4 ?? ipv6 ?? keepFacts(four)).nodes.map(({ name, labels }, i) => ({
      name,
      labels,
      address: both(ipv4?.nodes[i]?.address, ipv6?.nodes[i]?.address),
      podCIDR: both(ipv4?.nodes[i]?.podCIDR, ipv6?.nodes[i]?.podCIDR),
    })),
    keepsIPs: FAMILIES.filter((family) => ({ ipv4, ipv6 })[family]?.keepsClusterIPs === true),
    lost: [...(ipv4?.lost ?? []), ...(ipv6?.lost ?? lostFamily(six))],
  };
}

/** The one that enforces what there is. */
function pluginFor(objects: readonly ManifestObject[]): NetworkPlugin {
  const foreign = objects.find(({ kind }) => manifestKind(kind)?.byPlugin === true);
  const group = groupOf(foreign === undefined ? "" : (manifestKind(foreign.kind)?.apiVersion ?? ""));
  return enforcersOf(group)[0] ?? pluginNamed();
}

type ClusterDocument = NonNullable<LabDocument["spec"]["cluster"]>;

/** `joined`: the clusters before it. */
function clusterDocument(
  size: Size & { readonly objects: readonly ManifestObject[] },
  facts: PolicyFacts,
  options: PolicyLabOptions,
  joined: JoinedRanges,
): ClusterDocument {
  const { ipv4, ipv6 } = facts;
  const isDual = options.dualStack === true || ipv6 !== undefined;
  const some = (...ranges: readonly (string | undefined)[]): string[] => ranges.filter((range) => range !== undefined);
  const nodeCIDR = some(
    ipv4 && joined.nodes("ipv4", ipv4.nodeCIDR),
    isDual ? joined.nodes("ipv6", ipv6?.nodeCIDR) : undefined,
  );
  // Room for a load balancer's address for each Service of a large cluster.
  const balancer =
    ipv4 !== undefined && ipv4.nodeCIDR === undefined ? joined.balancer(nodeCIDR[0]) : ipv4?.balancerCIDR;
  const services = some(ipv4?.serviceCIDR, ipv6?.serviceCIDR);
  const podCIDR = some(
    ipv4 && joined.pods("ipv4", ipv4.podCIDR),
    isDual ? joined.pods("ipv6", ipv6?.podCIDR) : undefined,
  );
  return {
    nodes: [...nodesFor(size, facts)],
    dns: false,
    ...(balancer === undefined ? {} : { loadBalancer: { cidr: balancer } }),
    ...(services.length === 0 ? {} : { serviceCIDR: services }),
    nodeCIDR,
    podCIDR,
    ...(joined.isFlat(podCIDR) ? { flat: true } : {}),
    // A node sends from its own address, as policies for node addresses expect, not from that of a tunnel.
    cni: pluginFor(size.objects).plain,
    networkPolicy: { backend: options.backend ?? "iptables" },
    ...(joined.count === 1 ? { internet: { servers: [80, 443] } } : {}),
  };
}

/** The pods of one workload share their mistakes. */
function onceEach(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ source, path }) => {
    const key = `${source?.file}:${source?.line}:${source?.column} ${path}`;
    return path === undefined || (!seen.has(key) && seen.add(key) !== undefined);
  });
}

/** Kernels without SCTP have no server for it; policies let its packets through or not all the same. */
function withoutNeedOfSctp(lab: Lab): Lab {
  const optional = (pod: PodModel): PodModel => ({
    ...pod,
    containers: pod.containers.map((container) => ({
      ...container,
      ports: container.ports.map((port) => (port.protocol === "sctp" ? { ...port, optional: true } : port)),
    })),
  });
  return { ...lab, clusters: lab.clusters.map((cluster) => ({ ...cluster, pods: cluster.pods.map(optional) })) };
}

interface ReadCluster extends Omit<PolicyPart, "cluster"> {
  readonly document: ClusterDocument;
  readonly manifests: readonly ManifestInput[];
  readonly incomplete: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** Said after the lab's own. */
  readonly notes: readonly Diagnostic[];
}

function readCluster(
  name: string,
  documents: readonly StreamDocument[],
  options: PolicyLabOptions,
  joined: JoinedRanges,
): ReadCluster {
  const { objects, leftOut, customResources, diagnostics } = readObjects(documents, {
    strict: options.strict,
    lenient: true,
  });
  const facts = joined.withoutTaken(name, policyFacts(objects, options));
  const { reduced, implied, capped, past, serviceAddresses, ...size } = reduceManifests(objects, {
    keepsIPs: facts.keepsIPs,
    ownDns: facts.ipv4 !== undefined && facts.ipv4.serviceCIDR === undefined,
  });
  const read = readManifests(reduced);
  const lost = facts.lost.map((text): Diagnostic => ({ severity: "warning", message: `not kept: ${text}` }));
  const cluster = clusterPrefix(name) === "" ? {} : { cluster: name };
  return {
    document: clusterDocument({ ...size, objects }, facts, options, joined),
    manifests: read.manifests.map((one) => ({ ...one, ...cluster })),
    incomplete: read.incomplete,
    diagnostics: [...diagnostics, ...lost, ...read.diagnostics],
    notes: [...alike(capped), ...ended(past)],
    implied,
    leftOut,
    customResources,
    serviceAddresses,
  };
}

/** Throws InputError with all mistakes, UsageError for what cannot be read. */
export function loadPolicyLab(entries: readonly (string | PolicyEntry)[], options: PolicyLabOptions): PolicyLab {
  const named = entries.map((one): PolicyEntry => (typeof one === "string" ? { path: one } : one));
  const { documents, diagnostics: ofFiles } = readPolicyFiles(named, options);
  const joined = new JoinedRanges(documents.size);
  const clusters = [...documents].map(([name, own]) => [name, readCluster(name, own, options, joined)] as const);
  const all = clusters.map(([, one]) => one);
  const [only, second] = clusters;
  const file = named[0]?.path ?? "";
  const resolved = resolveLab({
    file,
    document: {
      apiVersion: API_VERSION,
      kind: "Lab",
      metadata: { name: options.name ?? "policy" },
      spec:
        only !== undefined && second === undefined && clusterPrefix(only[0]) === ""
          ? { cluster: only[1].document }
          : { clusters: Object.fromEntries(clusters.map(([name, { document }]) => [name, document])) },
    },
    locate: () => ({ file, line: 1, column: 1 }),
    manifests: all.flatMap(({ manifests }) => manifests),
    incomplete: all.some(({ incomplete }) => incomplete),
  });
  const diagnostics = onceEach([...ofFiles, ...all.flatMap((one) => one.diagnostics), ...resolved.diagnostics]);
  if (diagnostics.some(isMistake)) throw new InputError(foldDiagnostics(diagnostics));
  const lab = withoutNeedOfSctp(resolved.lab);
  return {
    lab,
    warnings: [...diagnostics, ...all.flatMap(({ notes }) => notes)],
    parts: lab.clusters.flatMap((cluster, i) => {
      const read = all[i];
      if (read === undefined) return [];
      const { implied, leftOut, customResources, serviceAddresses } = read;
      return [{ cluster, implied, leftOut, customResources, serviceAddresses }];
    }),
  };
}

function alike(capped: readonly string[]): readonly Diagnostic[] {
  const [first] = capped;
  if (first === undefined) return [];
  const more = capped.length === 1 ? " has" : ` and ${capped.length - 1} more have`;
  return [
    {
      severity: "warning",
      message: `${first}${more} fewer pods here than asked for: pods with the same labels have the same verdicts`,
    },
  ];
}

function ended([first, ...more]: readonly ManifestObject[]): readonly Diagnostic[] {
  if (first === undefined) return [];
  const who = `Pod ${namespaceOf(first.value)}/${nameOf(first.value)}${more.length === 0 ? " is" : ` and ${more.length} more are`}`;
  const message = `${who} left out: a pod in phase Succeeded or Failed has no network`;
  return [{ severity: "warning", message, source: first.locate(["status", "phase"], "value") }];
}
