/** All relevant connections for a cluster's policies: source, destination, port, and the policies' verdict. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Judgement } from "./policy-oracle.ts";
import { policyPaths } from "./policy-path.ts";
import type { Family } from "../../net/family.ts";
import { policyWorld } from "../../cluster/policy/policy-world.ts";
import { serviceAddresses } from "../../targets/service-target.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import { podText, targetIndex } from "../../targets/select.ts";
import { isProblem } from "../../targets/in-clusters.ts";

/** A source or destination. */
export interface ConnectionEnd {
  readonly target: Target;
  /** `shop/web#2`: the workload that its pods share, and the pod's number. */
  readonly name: string;
  /** `shop/web`: stays the same when a template's hash or the number of replicas changes. */
  readonly group: string;
  /** `shop/db` of a StatefulSet's pod `shop/db-0`: what means all of its pods. */
  readonly workload?: string | undefined;
  /** By kind: `pod/shop/db-0`, `sts/shop/db`, `sts/shop/db#1`. */
  readonly aliases?: readonly string[] | undefined;
  readonly isNode: boolean;
}

export interface Connection {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly judgement: Judgement;
  /** The families for which it holds. */
  readonly families: readonly Family[];
}

/** A port that was requested, even if no container declares it. */
export interface AskedPort {
  readonly to: (end: ConnectionEnd) => boolean;
  readonly port: number;
  readonly protocol: Connection["protocol"];
}

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

interface Place extends ConnectionEnd {
  readonly pod?: PodModel | undefined;
  readonly node: string;
}

/** `shop/web`. Pods of a StatefulSet have names that last and labels of their own: a policy may distinguish them. */
export function workloadGroup({ namespace, name, owner }: PodModel, { workloadKinds }: ClusterModel): string {
  const isStable = workloadKinds.some((one) => one.kind === owner?.kind && one.stable === true);
  return `${namespace}/${owner === undefined || isStable ? name : owner.name}`;
}

/** A control plane without pods sees of policies what every other node sees. */
function nodesWithPods({ nodes, pods }: ClusterModel): readonly ClusterNode[] {
  return nodes.filter(({ name, labels }) => !(CONTROL_PLANE in labels) || pods.some((pod) => pod.node === name));
}

/** Nodes whose node ports are tested: two at least, because a node without the endpoint may be treated differently. */
export function entryNodes(cluster: ClusterModel): readonly ClusterNode[] {
  const used = nodesWithPods(cluster);
  return used.length > 1 ? used : cluster.nodes;
}

interface Places {
  readonly pods: readonly Place[];
  readonly nodes: readonly Place[];
  readonly entries: readonly Place[];
  readonly internet: readonly Place[];
}

function places(lab: Lab, cluster: ClusterModel): Places {
  const index = targetIndex(lab);
  const place = (text: string): Target[] => {
    const found = index.find(text);
    return isProblem(found) ? [] : found.slice(0, 1);
  };
  const sizes = new Map<string, number>();
  for (const pod of cluster.pods) {
    const group = workloadGroup(pod, cluster);
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  const countOf = (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
  const wordOf = (kind: string): string => cluster.workloadKinds.find((one) => one.kind === kind)?.words[0] ?? kind;
  const pods = cluster.pods.flatMap((pod) => {
    const group = workloadGroup(pod, cluster);
    const count = countOf(group);
    const name = (sizes.get(group) ?? 1) > 1 ? `${group}#${count}` : group;
    const workload = pod.owner === undefined ? undefined : `${pod.namespace}/${pod.owner.name}`;
    const byKind = pod.owner === undefined ? undefined : `${wordOf(pod.owner.kind)}/${workload}`;
    const ofWorkload = byKind === undefined ? [] : [byKind, `${byKind}#${countOf(byKind)}`];
    const aliases = [`pod/${pod.namespace}/${pod.name}`, ...ofWorkload];
    const end = { name, group, workload, aliases, isNode: false };
    return place(podText(pod)).map((target) => ({ ...end, target, pod, node: pod.node }));
  });
  const others = (names: readonly string[]): Place[] =>
    names.flatMap((name) =>
      place(name).map((target) => ({ target, name, group: name, node: name, isNode: name !== "internet" })),
    );
  const [used, entries] = [nodesWithPods(cluster), entryNodes(cluster)];
  return {
    pods,
    nodes: others(used.map(({ name }) => name)),
    entries: others(entries.map(({ name }) => name)),
    internet: others(["internet"]),
  };
}

interface ServicePlace {
  readonly service: ServiceModel;
  readonly place: Place;
}

function placeOf(word: string, service: ServiceModel, addresses: Target["addresses"]): Place {
  const name = `${word}/${service.namespace}/${service.name}`;
  const target = { text: name, ns: name, node: "", addresses, cause: service.cause };
  return { target, name, group: name, node: "", isNode: false };
}

/** The file of objects that a cluster has without a manifest: not included, unless named explicitly. */
export const OF_THE_CLUSTER = "(the cluster's own)";

/** Services with a cluster IP. */
function servicePlaces(cluster: ClusterModel): readonly ServicePlace[] {
  return cluster.services.flatMap((service) => {
    const addresses = serviceAddresses(service);
    if (isProblem(addresses) || service.cause.source?.file === OF_THE_CLUSTER) return [];
    return [{ service, place: placeOf("svc", service, addresses) }];
  });
}

/** Those that a load balancer announces to the world outside. */
function balancedPlaces(cluster: ClusterModel): readonly ServicePlace[] {
  return cluster.services.flatMap((service) => {
    const ips = service.loadBalancerIPs.map(({ ip }) => ip);
    const [ipv4, ipv6] = [ips.find((ip) => !ip.includes(":")), ips.find((ip) => ip.includes(":"))];
    if (ips.length === 0) return [];
    return [{ service, place: placeOf("lb", service, { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) }) }];
  });
}

const isApiServer = ({ service }: ServicePlace): boolean =>
  service.namespace === "default" && service.name === "kubernetes";

/** Node ports: for every client the answer may differ from node to node. */
function nodePorts(
  cluster: ClusterModel,
): readonly { readonly protocol: Connection["protocol"]; readonly port: number }[] {
  return cluster.services.flatMap(({ ports }) =>
    ports.flatMap(({ nodePort, protocol }) => (nodePort === 0 ? [] : [{ protocol, port: nodePort }])),
  );
}

/**
 * Each pod and node with each declared port of each other pod and with each Service, each pod with the API server, with
 * node ports and with the internet, and the internet with node ports and load balancers.
 */
function connectionsIn(
  family: Family,
  lab: Lab,
  cluster: ClusterModel,
  world: PolicyWorld,
  asked?: readonly AskedPort[],
): readonly Connection[] {
  const { pods, nodes, entries, internet } = places(lab, cluster);
  const here = new Set([...cluster.pods, ...cluster.nodes].flatMap(({ address }) => Object.values(address)));
  const isHere = (endpoint: string): boolean =>
    here.has(endpoint.slice(0, endpoint.lastIndexOf(":")).replaceAll(/[[\]]/g, ""));
  const ask = (from: Place, to: Place, protocol: Connection["protocol"], port: number): Connection[] => {
    const address = to.target.addresses[family];
    if (address === undefined) return [];
    const paths = policyPaths(cluster, world, from.target, { address, port }, protocol, family) ?? [];
    const [first] = paths;
    // An endpoint outside this cluster, like that of an API server in the manifests, cannot be tested.
    if (paths.some(({ endpoint }) => endpoint !== undefined && !isHere(endpoint))) return [];
    // Endpoints that are treated differently have no verdict that one packet could prove.
    if (first === undefined || paths.some(({ judgement }) => judgement.allowed !== first.judgement.allowed)) return [];
    return [{ from, to, protocol, port, judgement: first.judgement, families: [family] }];
  };
  if (asked !== undefined) {
    const found = [...pods, ...nodes].flatMap((from) =>
      [...pods, ...(from.pod === undefined ? [] : internet)].flatMap((to) =>
        from.target.ns === to.target.ns
          ? []
          : asked.flatMap(({ to: isMeant, protocol, port }) => (isMeant(to) ? ask(from, to, protocol, port) : [])),
      ),
    );
    return [...new Map(found.map((connection) => [keyOf(connection), connection])).values()];
  }
  const services = servicePlaces(cluster);
  const balanced = balancedPlaces(cluster);
  const askService = (from: Place, { service, place }: ServicePlace): Connection[] =>
    service.ports.flatMap(({ protocol, port }) => ask(from, place, protocol, port));
  const open = nodePorts(cluster);
  const askNodePorts = (from: Place): Connection[] =>
    entries.flatMap((to) => open.flatMap(({ protocol, port }) => ask(from, to, protocol, port)));
  const portsOf = new Map(world.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.ports]));
  const inside = [...pods, ...nodes].flatMap((from) => [
    ...pods.flatMap((to) => {
      const ports = portsOf.get(`${to.pod?.namespace}/${to.pod?.name}`) ?? [];
      return from.target.ns === to.target.ns
        ? []
        : ports.flatMap(({ protocol, port }) => ask(from, to, protocol, port));
    }),
    ...services.flatMap((to) => (from.pod === undefined && isApiServer(to) ? [] : askService(from, to))),
    ...(from.pod === undefined ? [] : askNodePorts(from)),
    ...(from.pod === undefined
      ? []
      : internet.flatMap((to) => cluster.internet.servers.flatMap((port) => ask(from, to, "TCP", port)))),
  ]);
  const outside = internet.flatMap((from) => [
    ...balanced.flatMap((to) => askService(from, to)),
    ...askNodePorts(from),
  ]);
  return [...inside, ...outside];
}

const keyOf = ({ from, to, protocol, port }: Connection): string => `${from.name} ${to.name} ${protocol} ${port}`;

/**
 * Both families as one where they agree in everything; else (an ipBlock has one family) each on its own, with IPv6 marked.
 * `asked`: these ports of pods and of the internet, and no others.
 */
export function policyConnections(
  lab: Lab,
  cluster: ClusterModel,
  world: PolicyWorld = policyWorld(cluster),
  asked?: readonly AskedPort[],
): readonly Connection[] {
  const [first = [], second] = lab.families.map((family) => connectionsIn(family, lab, cluster, world, asked));
  if (second === undefined) return first;
  const other = new Map(second.map((connection) => [keyOf(connection), connection.judgement.allowed]));
  const differs = first.some((connection) => {
    const allowed = other.get(keyOf(connection));
    return allowed !== undefined && allowed !== connection.judgement.allowed;
  });
  if (!differs)
    return first.map((connection) =>
      other.has(keyOf(connection)) ? { ...connection, families: lab.families } : connection,
    );
  const tagged = second.map((connection) => ({
    ...connection,
    to: { ...connection.to, name: `${connection.to.name} (IPv6)` },
  }));
  return [...first, ...tagged];
}

export type GroupVerdict = "allow" | "deny" | "mixed";

/** `shop/web -> shop/db 5432/tcp`. */
export function connectionText(
  from: string,
  to: string,
  { protocol, port }: Pick<Connection, "protocol" | "port">,
): string {
  return `${from} -> ${to} ${port}/${protocol.toLowerCase()}`;
}

/** One verdict for all pods of two workloads; mixed where they differ. */
export function groupVerdicts(connections: readonly Connection[]): ReadonlyMap<string, GroupVerdict> {
  const verdicts = new Map<string, GroupVerdict>();
  for (const connection of connections) {
    const key = connectionText(connection.from.group, connection.to.group, connection);
    const verdict = connection.judgement.allowed ? "allow" : "deny";
    const before = verdicts.get(key);
    verdicts.set(key, before === undefined || before === verdict ? verdict : "mixed");
  }
  return verdicts;
}
