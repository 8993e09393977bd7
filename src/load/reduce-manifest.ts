/** The parts of a manifest that matter to NetworkPolicies: a pod's labels, ports and network, without images, volumes and the rest. */
import { formatAddress, parseAddress } from "../net/address.ts";
import type { Locate, Path } from "../syntax/path.ts";
import { OF_THE_CLUSTER } from "../oracle/policy/connection-ends.ts";
import { NODE_PORTS } from "../kube/service/node-port-pool.ts";
import { isPast, type Family } from "./cluster-facts.ts";
import { apiEndpoints, DNS, DNS_SERVICE, isApiService, WORKER_LABEL } from "./cluster-own.ts";
import { RunningPods, type WorkloadKey } from "./running-pods.ts";
import { serviceAddresses, type ServiceName } from "./service-facts.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { manifestKind } from "../kube/registry.ts";
import { at, isObject, list, nameOf, namespaceOf, pick, type ObjectValue } from "../kube/manifest-parts.ts";

export interface Reduced {
  readonly reduced: readonly ManifestObject[];
  readonly implied: ReadonlySet<string>;
  /** At most this many pods result. */
  readonly pods: number;
  /** This many pods need the same port on any node. */
  readonly crowd: number;
  /** Workloads with more pods than are built. */
  readonly capped: readonly string[];
  /** Pods that have ended: they have no network. */
  readonly past: readonly ManifestObject[];
  /** Services of all addresses that the manifests say they have. */
  readonly serviceAddresses: ReadonlyMap<string, ServiceName>;
}

/** Where its kind keeps the pod template; undefined for kinds that make no pods. */
const templateOf = (kind: string): Path | undefined => manifestKind(kind)?.workload?.template;

/** Namespaces that every cluster has. */
const GIVEN: ReadonlySet<string> = new Set(["default", "kube-node-lease", "kube-public", "kube-system"]);

/** More pods of one workload have the same labels, and so the same verdicts; two are on two nodes. */
const ALIKE = 2;
/** Pods with labels of their own each (StatefulSets, indexed Jobs). */
const DISTINCT = 100;

function reduceContainer(container: unknown): unknown {
  if (!isObject(container)) return container;
  const { ports } = container;
  return {
    ...(pick(container, ["name", "restartPolicy"]) as ObjectValue),
    ...(ports === undefined || ports === null
      ? {}
      : { ports: list(ports, (port) => pick(port, ["name", "containerPort", "protocol"])) }),
  };
}

/** Wrong shapes are kept, so that the schema reports them. */
function reducePodSpec(spec: unknown): unknown {
  if (!isObject(spec)) return spec;
  const { initContainers } = spec;
  const sidecars = Array.isArray(initContainers)
    ? { initContainers: initContainers.filter(isSidecar).map(reduceContainer) }
    : {};
  return {
    ...(pick(spec, ["hostNetwork", "restartPolicy", "serviceAccountName"]) as ObjectValue),
    // A pod of a running cluster is where it is, any other goes to a worker.
    ...(typeof spec["nodeName"] === "string" && spec["nodeName"] !== ""
      ? { nodeName: spec["nodeName"] }
      : { nodeSelector: { [WORKER_LABEL]: "" } }),
    ...sidecars,
    containers: list(spec["containers"], reduceContainer),
  };
}

const isSidecar = (one: unknown): boolean => isObject(one) && one["restartPolicy"] === "Always";

/** Maps a path in the reduced manifest to the original: only some of the initContainers are left. */
function asWritten(path: Path, value: ObjectValue): Path {
  const place = path.indexOf("initContainers");
  const index = path[place + 1];
  const all = place < 0 ? undefined : at(value, path.slice(0, place + 1));
  if (!Array.isArray(all) || typeof index !== "number") return path;
  const places = [...all.keys()].filter((i) => isSidecar(all[i]));
  return [...path.slice(0, place + 1), places[index] ?? index, ...path.slice(place + 2)];
}

function reduceTemplate(template: unknown): unknown {
  if (!isObject(template)) return template;
  return {
    metadata: pick(template["metadata"] ?? {}, ["labels"]),
    spec: reducePodSpec(template["spec"]),
  };
}

const METADATA = ["name", "namespace", "labels", "uid", "deletionTimestamp"];

/** What decides which outside clients reach it, and with which address. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  NodePort: ["type", "externalTrafficPolicy"],
  LoadBalancer: ["type", "externalTrafficPolicy", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts"],
};

/** Its pods and ports. One without an address, or without a selector, leads no packet anywhere here. */
function reduceService(spec: unknown, keepsIPs: readonly Family[]): ObjectValue | undefined {
  if (!isObject(spec)) return { spec };
  const isNothing = spec["type"] === "ExternalName" || spec["clusterIP"] === "None" || !isObject(spec["selector"]);
  if (isNothing) return undefined;
  const outside = OUTSIDE[String(spec["type"])] ?? [];
  const ports = list(spec["ports"], (port) =>
    pick(port, ["name", "protocol", "port", "targetPort", ...(hasNodePort(port) ? ["nodePort"] : [])]),
  );
  return {
    spec: {
      selector: spec["selector"],
      ports,
      ipFamilyPolicy: "PreferDualStack",
      ...clusterIPs(spec, keepsIPs),
      ...(pick(spec, outside) as ObjectValue),
    },
  };
}

/** A cluster may have another range of node ports: those get one of this cluster's. */
const hasNodePort = (port: unknown): boolean => {
  const number = at(port, ["nodePort"]);
  return typeof number === "number" && number >= NODE_PORTS.first && number <= NODE_PORTS.last;
};

/** Those of families that the cluster here has; as the API server writes them, clusterIP besides clusterIPs. */
function clusterIPs({ clusterIP, clusterIPs: all }: ObjectValue, families: readonly Family[]): ObjectValue {
  if (typeof clusterIP !== "string" || !Array.isArray(all)) return {};
  const kept = all.flatMap((ip: unknown) => (typeof ip === "string" ? (parseAddress(ip) ?? []) : []));
  const ips = kept.filter(({ family }) => families.includes(family));
  if (ips.length === 0) return {};
  const texts = ips.map(formatAddress);
  const ipFamilies = ips.map(({ family }) => (family === "ipv4" ? "IPv4" : "IPv6"));
  return { clusterIP: texts[0], clusterIPs: texts, ipFamilies };
}

/** How many pods the manifest has, and how many are built. */
function sizeOf({ kind, value }: ManifestObject): { readonly asked: number; readonly built: number } {
  const workload = manifestKind(kind)?.workload;
  if (workload?.count === undefined) return { asked: ALIKE, built: ALIKE };
  const number = at(value, workload.count);
  // A Job has at most as many at once as it needs.
  const enough = at(value, [...workload.count.slice(0, -1), "completions"]);
  const wanted = typeof enough === "number" ? Math.min(enough, Number(number ?? 1)) : number;
  const asked = typeof wanted === "number" ? Math.max(1, Math.trunc(wanted)) : 1;
  return { asked, built: Math.min(asked, workload.distinct?.(value) === true ? DISTINCT : ALIKE) };
}

/** Ports of a node that each of its pods takes, whichever node that is: a DaemonSet's are on all of them. */
function nodePortsOf({ kind, value }: ManifestObject): readonly string[] {
  const workload = manifestKind(kind)?.workload;
  const spec = at(value, [...(workload?.template ?? []), "spec"]);
  const isPerNode = workload !== undefined && workload.count === undefined;
  if (!isObject(spec) || spec["hostNetwork"] !== true || isPerNode || spec["nodeName"] !== undefined) return [];
  const containers = Array.isArray(spec["containers"]) ? (spec["containers"] as readonly unknown[]) : [];
  return containers
    .flatMap((one) => at(one, ["ports"]) ?? [])
    .map((port) => JSON.stringify([at(port, ["containerPort"]), at(port, ["protocol"]) ?? "TCP"]));
}

/** The map with a value at a path; what lies on the way is kept where it is a map. */
function withValue(object: ObjectValue, [key, ...rest]: Path, value: unknown): ObjectValue {
  if (key === undefined) return object;
  const inner = object[key];
  return { ...object, [key]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) };
}

/** A workload with a valid spec, with as many pods as are built. */
function reduceWorkload({ kind, value }: ManifestObject, built: number): ObjectValue {
  const workload = manifestKind(kind)?.workload;
  if (workload === undefined) return {};
  const kept = [...(workload.identity ?? []), workload.template].filter((path) => at(value, path) !== undefined);
  const parts = kept.map((path): readonly [Path, unknown] => [path, at(value, path)]);
  const spec = parts.reduce((made, [path, part]) => {
    return withValue(made, path, path === workload.template ? reduceTemplate(part) : part);
  }, {} as ObjectValue);
  // Mistaken shapes stay as they are, so that the schema names them.
  const { count, template } = workload;
  const isSound = isObject(at(value, template));
  const sized = count === undefined || !isSound ? spec : withValue(spec, count, built);
  return Object.keys(sized).length === 0 ? { spec: value["spec"] } : sized;
}

function reduceOne(found: ManifestObject, keepsIPs: readonly Family[]): ManifestObject | undefined {
  const { kind, value } = found;
  const head = {
    ...(pick(value, ["apiVersion", "kind"]) as ObjectValue),
    metadata: pick(value["metadata"], METADATA),
  };
  const make = (rest: ObjectValue): ManifestObject => ({
    ...found,
    value: { ...head, ...rest },
    locate: (path, part) => found.locate(asWritten(path, value), part),
  });
  if (kind === "Namespace") return make({});
  if (manifestKind(kind)?.judges === true) return found;
  if (kind === "Service") {
    // The cluster creates it itself.
    if (isApiService(value)) return undefined;
    const reduced = reduceService(value["spec"], keepsIPs);
    return reduced === undefined ? undefined : make(reduced);
  }
  if (kind === "Pod") {
    if (isPast(found)) return undefined;
    return make({ spec: reducePodSpec(value["spec"]), status: pick(value["status"] ?? {}, ["podIP", "podIPs"]) });
  }
  if (kind === "EndpointSlice" || kind === "Endpoints") return apiEndpoints(found);
  return templateOf(kind) === undefined ? undefined : make(reduceWorkload(found, sizeOf(found).built));
}

function madeUp(kind: "Namespace" | "Pod" | "Service", value: ObjectValue, locate: Locate): ManifestObject {
  return { kind, value, locate, file: locate([]).file };
}

/** With the workload that made it, whose name its pods use. */
function ownedBy(pod: ManifestObject, { kind, name }: WorkloadKey): ManifestObject {
  const metadata = isObject(pod.value["metadata"]) ? pod.value["metadata"] : {};
  const ownerReferences = [{ kind, name, controller: true }];
  return { ...pod, value: { ...pod.value, metadata: { ...metadata, ownerReferences } } };
}

/** `keepsIPs`: Services have the cluster IPs that they say; `ownDns`: the cluster's DNS has its usual one. */
export function reduceManifests(
  all: readonly ManifestObject[],
  { keepsIPs, ownDns }: { readonly keepsIPs: readonly Family[]; readonly ownDns: boolean } = {
    keepsIPs: ["ipv4"],
    ownDns: true,
  },
): Reduced {
  const running = new RunningPods(all, isPast);
  const declared = new Set(all.filter(({ kind }) => kind === "Namespace").map(({ value }) => nameOf(value)));
  const reduced: ManifestObject[] = [];
  const implied = new Map<string, ManifestObject>();
  const capped: string[] = [];
  let pods = 1;
  const crowds = new Map<string, number>();
  let dns = false;
  let dnsService = false;
  for (const found of all) {
    const owner = running.ownerOf(found);
    const there = running.count(found);
    if (there.all > there.kept) capped.push(`${found.kind} ${namespaceOf(found.value)}/${nameOf(found.value)}`);
    if (there.all > 0 || (owner !== undefined && !running.isKept(found))) continue;
    const made = reduceOne(found, keepsIPs);
    if (made === undefined) continue;
    reduced.push(owner === undefined ? made : ownedBy(made, owner));
    const { kind, value } = found;
    if (manifestKind(kind)?.namespaced !== true || kind === "EndpointSlice" || kind === "Endpoints") continue;
    const namespace = namespaceOf(value);
    if (!declared.has(namespace) && !GIVEN.has(namespace) && !implied.has(namespace)) implied.set(namespace, found);
    dnsService ||= kind === "Service" && namespace === "kube-system" && nameOf(value) === "kube-dns";
    if (manifestKind(kind)?.judges === true || kind === "Service") continue;
    const { asked, built } = kind === "Pod" ? { asked: 1, built: 1 } : sizeOf(found);
    pods += built;
    for (const port of nodePortsOf(found)) crowds.set(port, (crowds.get(port) ?? 0) + built);
    if (asked > built) capped.push(`${kind} ${namespace}/${nameOf(value)}`);
    const labels = at(value, [...(templateOf(kind) ?? []), "metadata", "labels"]);
    dns ||= namespace === "kube-system" && isObject(labels) && labels["k8s-app"] === "kube-dns";
  }
  for (const [name, { locate }] of implied)
    reduced.push(
      madeUp("Namespace", { apiVersion: "v1", kind: "Namespace", metadata: { name } }, (_, part) =>
        locate(["metadata", "namespace"], part),
      ),
    );
  const ofCluster: Locate = () => ({ file: OF_THE_CLUSTER, line: 1, column: 1 });
  if (!dns) reduced.push(madeUp("Pod", DNS, ofCluster));
  const { clusterIP: _, ...anyIP } = DNS_SERVICE.spec;
  const dnsSpec = ownDns ? DNS_SERVICE.spec : anyIP;
  if (!dnsService) reduced.push(madeUp("Service", { ...DNS_SERVICE, spec: dnsSpec }, ofCluster));
  return {
    reduced,
    implied: new Set(implied.keys()),
    pods,
    crowd: Math.max(0, ...crowds.values()),
    capped,
    past: all.filter(isPast),
    serviceAddresses: serviceAddresses(all),
  };
}
