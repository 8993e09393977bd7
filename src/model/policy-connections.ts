/** Everything that is worth asking about a cluster's policies: who, to whom, on which port, and what the policies say to it. */
import type { ClusterModel, PodModel } from "./cluster.ts";
import type { Lab, Target } from "./lab.ts";
import type { PolicyWorld } from "./network-policy.ts";
import type { Judgement } from "./policy-oracle.ts";
import { policyPaths } from "./policy-path.ts";
import { policyWorld } from "./policy-world.ts";
import { serviceAddresses } from "./service-target.ts";
import type { ServiceModel } from "./service.ts";
import { isProblem, podText, targetIndex } from "./select.ts";

/** A place that asks or is asked. */
export interface ConnectionEnd {
  readonly target: Target;
  /** `shop/web#2`: the workload that its pods share, and which of them. */
  readonly name: string;
  /** `shop/web`: stays the same when a template's hash or the number of replicas changes. */
  readonly group: string;
  readonly isNode: boolean;
}

export interface Connection {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly judgement: Judgement;
}

interface Place extends ConnectionEnd {
  readonly pod?: PodModel | undefined;
  readonly node: string;
}

function places(lab: Lab, cluster: ClusterModel): { pods: Place[]; nodes: Place[]; internet: Place[] } {
  const index = targetIndex(lab);
  const place = (text: string): Target[] => {
    const found = index.find(text);
    return isProblem(found) ? [] : found.slice(0, 1);
  };
  const sizes = new Map<string, number>();
  const groupOf = (pod: PodModel): string => `${pod.namespace}/${pod.owner?.name ?? pod.name}`;
  for (const pod of cluster.pods) sizes.set(groupOf(pod), (sizes.get(groupOf(pod)) ?? 0) + 1);
  const counts = new Map<string, number>();
  const pods = cluster.pods.flatMap((pod) => {
    const group = groupOf(pod);
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    const name = (sizes.get(group) ?? 1) > 1 ? `${group}#${count}` : group;
    return place(podText(pod)).map((target) => ({ target, name, group, pod, node: pod.node, isNode: false }));
  });
  const others = (names: readonly string[]): Place[] =>
    names.flatMap((name) =>
      place(name).map((target) => ({ target, name, group: name, node: name, isNode: name !== "internet" })),
    );
  return { pods, nodes: others(cluster.nodes.map(({ name }) => name)), internet: others(["internet"]) };
}

/** Services that somebody asked for and that have an address: the cluster's own `kubernetes` has nobody behind it. */
function servicePlaces(cluster: ClusterModel): readonly { readonly service: ServiceModel; readonly place: Place }[] {
  return cluster.services.flatMap((service) => {
    const addresses = serviceAddresses(service);
    if (isProblem(addresses) || isOwn(service)) return [];
    const name = `svc/${service.namespace}/${service.name}`;
    const target = { text: name, ns: name, node: "", addresses, cause: service.cause };
    return [{ service, place: { target, name, group: name, node: "", isNode: false } }];
  });
}

function isOwn({ namespace, name }: ServiceModel): boolean {
  return namespace === "default" && name === "kubernetes";
}

/** Each pod and node with each declared port of each other pod and with each Service, and each pod with the internet. */
export function policyConnections(
  lab: Lab,
  cluster: ClusterModel,
  world: PolicyWorld = policyWorld(cluster),
): readonly Connection[] {
  const { pods, nodes, internet } = places(lab, cluster);
  const family = lab.families[0] ?? "ipv4";
  const ask = (from: Place, to: Place, protocol: Connection["protocol"], port: number): Connection[] => {
    const address = to.target.addresses[family];
    if (address === undefined) return [];
    const paths = policyPaths(cluster, world, from.target, { address, port }, protocol, family) ?? [];
    const [first] = paths;
    // Endpoints that are treated differently have no verdict that one packet could prove.
    if (first === undefined || paths.some(({ judgement }) => judgement.allowed !== first.judgement.allowed)) return [];
    return [{ from, to, protocol, port, judgement: first.judgement }];
  };
  const services = servicePlaces(cluster);
  const portsOf = new Map(world.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.ports]));
  return [...pods, ...nodes].flatMap((from) => [
    ...pods.flatMap((to) => {
      const ports = portsOf.get(`${to.pod?.namespace}/${to.pod?.name}`) ?? [];
      return from.target.ns === to.target.ns
        ? []
        : ports.flatMap(({ protocol, port }) => ask(from, to, protocol, port));
    }),
    ...services.flatMap(({ service, place }) =>
      service.ports.flatMap(({ protocol, port }) => ask(from, place, protocol, port)),
    ),
    ...(from.pod === undefined
      ? []
      : internet.flatMap((to) => cluster.internet.servers.flatMap((port) => ask(from, to, "TCP", port)))),
  ]);
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
