/** A cluster around plain manifests: namespaces, workloads and NetworkPolicies as they are, pods without everything else. */
import { pluginNamed } from "../cluster/cni/registry.ts";
import { append } from "../append.ts";
import { readdirSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { InputError, UsageError } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import type { Lab } from "../lab/lab.ts";
import type { PolicyBackendName } from "../cluster/policy/backends.ts";
import type { CustomResource } from "../cluster/policy/policy-world.ts";
import { resolveLab } from "./resolve-lab.ts";
import { API_VERSION } from "./schema.ts";
import type { LabDocument } from "./schema.ts";
import { foldDiagnostics } from "./fold-diagnostics.ts";
import { clusterFacts, FAMILIES, hasFamily, lostFamily, textsOf } from "./cluster-facts.ts";
import type { Family } from "./cluster-facts.ts";
import { keepFacts } from "./fact-ranges.ts";
import type { KeptFacts } from "./fact-ranges.ts";
import { KUSTOMIZATION, readObjects } from "./manifest-objects.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import type { LeftOutObject } from "./left-out.ts";
import { parseManifests } from "./manifest-text.ts";
import { WORKER_LABEL } from "./cluster-own.ts";
import { readManifests } from "./manifest.ts";
import { reduceManifests } from "./reduce-manifest.ts";
import type { Reduced } from "./reduce-manifest.ts";
import type { ServiceName } from "./service-facts.ts";
import { manifestFiles, readText, UnreadableFile } from "../syntax/text-file.ts";
import { MAX_INPUT } from "../syntax/yaml-stream.ts";
import type { Stream, StreamDocument } from "../syntax/yaml-stream.ts";
import { nameOf, namespaceOf } from "../kube/manifest-parts.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";

export interface PolicyLabOptions {
  readonly cwd: string;
  /** Also the folders in the folders. */
  readonly recursive?: boolean | undefined;
  /** What `-` reads. */
  readonly stdin?: string | undefined;
  readonly name?: string | undefined;
  readonly backend?: PolicyBackendName | undefined;
  readonly dualStack?: boolean | undefined;
  /** Objects that may change who reaches whom but are not built are mistakes. */
  readonly strict?: boolean | undefined;
}

export interface PolicyLab {
  /** Two nodes or more, no checks. */
  readonly lab: Lab;
  readonly warnings: readonly Diagnostic[];
  /** Namespaces that no manifest declares: they have no labels but their name. */
  readonly implied: ReadonlySet<string>;
  /** Objects that may change who reaches whom but are not built: verdicts ignore them. */
  readonly leftOut: readonly LeftOutObject[];
  readonly customResources: readonly CustomResource[];
  /** Services by their addresses in the manifests; this cluster may assign others. */
  readonly serviceAddresses: ReadonlyMap<string, ServiceName>;
}

const PODS_PER_NODE = 200;
const CONTROL_PLANE = "control-plane";

function folders(entry: string, cwd: string): readonly string[] {
  const path = resolve(cwd, entry);
  const deeper = readdirSync(path, { withFileTypes: true, recursive: true }).filter((one) => one.isDirectory());
  return [entry, ...deeper.map((one) => join(entry, join(one.parentPath, one.name).slice(path.length))).toSorted()];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Throws InputError with the mistakes of their YAML. */
function readFiles(entries: readonly string[], options: PolicyLabOptions): Stream {
  const documents: StreamDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  let budget = MAX_INPUT;
  const read = (name: string, text: string): void => {
    budget -= text.length;
    if (budget < 0) throw new UsageError(`the manifests have more than ${MAX_INPUT / 1e6} million characters in total`);
    const stream = parseManifests(text, name);
    diagnostics.push(...stream.diagnostics);
    append(documents, stream.documents);
  };
  for (const entry of entries) {
    try {
      if (entry === "-") {
        read("stdin", options.stdin ?? "");
        continue;
      }
      const wide = options.recursive === true && isFolder(resolve(options.cwd, entry));
      const found = (wide ? folders(entry, options.cwd) : [entry]).flatMap((one) =>
        manifestFiles(one, ".", options.cwd),
      );
      if (found.length === 0) {
        throw new UsageError(
          `the folder ${JSON.stringify(entry)} contains no manifests`,
          `manifests end in .yaml, .yml or .json${wide ? "" : "; -R also searches its subfolders"}`,
        );
      }
      for (const file of found) {
        if (seen.has(file.path)) continue;
        seen.add(file.path);
        read(file.name, readText(file.path));
      }
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new UsageError(
        `cannot read ${JSON.stringify(entry)}: ${error.message}`,
        error.hint ?? (extname(entry) === "" ? "name a file, a folder, or - for stdin" : "is the path right?"),
      );
    }
  }
  if (diagnostics.some(({ severity }) => severity === "error")) throw new InputError(foldDiagnostics(diagnostics));
  if (documents.length === 0 && diagnostics.some(({ message }) => message === KUSTOMIZATION.message))
    throw new UsageError("there are only kustomize's own files, which contain no manifests", KUSTOMIZATION.hint);
  return { documents, diagnostics };
}

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

function labDocument(size: Size, facts: PolicyFacts, options: PolicyLabOptions): LabDocument {
  const { ipv4, ipv6 } = facts;
  const isDual = options.dualStack === true || ipv6 !== undefined;
  // Room for a load balancer's address for each Service of a large cluster.
  const balancer = ipv4 !== undefined && ipv4.nodeCIDR === undefined ? "192.168.60.0/22" : ipv4?.balancerCIDR;
  const some = (...ranges: readonly (string | undefined)[]): string[] => ranges.filter((range) => range !== undefined);
  const services = some(ipv4?.serviceCIDR, ipv6?.serviceCIDR);
  return {
    apiVersion: API_VERSION,
    kind: "Lab",
    metadata: { name: options.name ?? "policy" },
    spec: {
      cluster: {
        nodes: [...nodesFor(size, facts)],
        dns: false,
        ...(balancer === undefined ? {} : { loadBalancer: { cidr: balancer } }),
        ...(services.length === 0 ? {} : { serviceCIDR: services }),
        nodeCIDR: some(
          ipv4 && (ipv4.nodeCIDR ?? "192.168.48.0/20"),
          isDual ? (ipv6?.nodeCIDR ?? "fd00:192:168::/64") : undefined,
        ),
        podCIDR: some(
          ipv4 && (ipv4.podCIDR ?? "10.244.0.0/16"),
          isDual ? (ipv6?.podCIDR ?? "fd00:10:244::/56") : undefined,
        ),
        // A node sends from its own address, as policies for node addresses expect, not from that of a tunnel.
        cni: pluginNamed().plain,
        networkPolicy: { backend: options.backend ?? "iptables" },
        internet: { servers: [80, 443] },
      },
    },
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

/** Reads files, folders and `-`. Throws InputError with all mistakes, UsageError for what cannot be read. */
export function loadPolicyLab(entries: readonly string[], options: PolicyLabOptions): PolicyLab {
  const { documents, diagnostics: ofFiles } = readFiles(entries, options);
  const {
    objects,
    leftOut,
    customResources,
    diagnostics: ofObjects,
  } = readObjects(documents, {
    strict: options.strict,
    lenient: true,
  });
  const facts = policyFacts(objects, options);
  const { reduced, implied, capped, past, serviceAddresses, ...size } = reduceManifests(objects, {
    keepsIPs: facts.keepsIPs,
    ownDns: facts.ipv4 !== undefined && facts.ipv4.serviceCIDR === undefined,
  });
  const manifests = readManifests(reduced);
  const resolved = resolveLab({
    file: entries[0] ?? "",
    document: labDocument(size, facts, options),
    locate: () => ({ file: entries[0] ?? "", line: 1, column: 1 }),
    manifests: manifests.manifests,
    incomplete: manifests.incomplete,
  });
  const lost = facts.lost.map((text): Diagnostic => ({ severity: "warning", message: `not kept: ${text}` }));
  const diagnostics = onceEach([...ofFiles, ...ofObjects, ...lost, ...manifests.diagnostics, ...resolved.diagnostics]);
  if (diagnostics.some(({ severity }) => severity === "error")) throw new InputError(foldDiagnostics(diagnostics));
  return {
    lab: withoutNeedOfSctp(resolved.lab),
    warnings: [...diagnostics, ...alike(capped), ...ended(past)],
    implied,
    leftOut,
    customResources,
    serviceAddresses,
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
