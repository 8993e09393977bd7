/** All relevant connections for a cluster's policies: source, destination, port, and the policies' verdict. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import { policyWorld, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Family } from "../../net/family.ts";
import { splitHostPort } from "../../net/host-port.ts";
import { namespacedName } from "../../net/object-ref.ts";
import { balancedPlaces, isApiServer, places, servicePlaces } from "./connection-ends.ts";
import type { ConnectionEnd, Place, ServicePlace } from "./connection-ends.ts";
import type { Judgement } from "./policy-oracle.ts";
import { pathsAcross, policyPaths } from "./policy-path.ts";

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
  const isHere = (endpoint: string): boolean => here.has(splitHostPort(endpoint).address);
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
  const portsOf = new Map(world.pods.map((pod) => [namespacedName(pod), pod.ports]));
  const inside = [...pods, ...nodes].flatMap((from) => [
    ...pods.flatMap((to) => {
      const ports = (to.pod && portsOf.get(namespacedName(to.pod))) ?? [];
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
  return inFamilies(lab, (family) => connectionsIn(family, lab, cluster, world, asked));
}

/** Each pod with each declared port of each pod of another cluster, where that lets others reach its pods by their addresses. */
export function connectionsAcross(lab: Lab, from: ClusterModel, to: ClusterModel): readonly Connection[] {
  if (to.flat !== true) return [];
  const [world, there] = [policyWorld(from), policyWorld(to)];
  const senders = places(lab, from).pods;
  const ends = places(lab, to).pods.filter(({ pod }) => pod?.hostNetwork === false);
  const portsOf = new Map(there.pods.map((pod) => [namespacedName(pod), pod.ports]));
  return inFamilies(lab, (family) =>
    senders.flatMap((sender) =>
      ends.flatMap((end) =>
        ((end.pod && portsOf.get(namespacedName(end.pod))) ?? []).flatMap(({ protocol, port }): Connection[] => {
          const address = end.target.addresses[family];
          if (address === undefined) return [];
          const [path] =
            pathsAcross([from, world], [to, there], sender.target, { address, port }, protocol, family) ?? [];
          return path === undefined
            ? []
            : [{ from: sender, to: end, protocol, port, judgement: path.judgement, families: [family] }];
        }),
      ),
    ),
  );
}

function inFamilies(lab: Lab, connections: (family: Family) => readonly Connection[]): readonly Connection[] {
  const [first = [], second] = lab.families.map(connections);
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
