/**
 * An endpoint may be another node's address and node port: there the connection is translated once more. Rules and Kubernetes'
 * semantics are followed from node to node, like the packet.
 */
import { splitHostPort } from "../../net/host-port.ts";
import { engineOf } from "../../cluster/kube-proxy/modes.ts";
import { networkPlugin } from "../../cluster/cni/registry.ts";
import type { AgentClient } from "../../agent/client.ts";
import type { ServiceCheck } from "./resolve.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import { decide } from "../../oracle/service/service-oracle.ts";
import { findFrontend } from "../../oracle/service/service-frontend.ts";
import type { Family } from "../../net/family.ts";
import { followRules } from "../../installed/read-rules.ts";
import { verdictOf, verdictOfWays, type ServiceVerdict } from "../../installed/verdict.ts";
import { isLocal, type Way, type Ways } from "../../installed/way.ts";
import { leavesPodNetwork, serviceCase, type ServiceCase } from "./deciding-node.ts";
import { clusterOf, labNodes } from "../../cluster/lab-clusters.ts";

/** Endpoints of endpoints of endpoints: a Service that leads to itself ends here. */
const DEPTH = 4;

export interface Followed {
  readonly oracle: ServiceVerdict;
  readonly ways: Ways;
  readonly rules: ServiceVerdict;
  /** The nodes whose rules were read, in the order of the packet. */
  readonly nodes: readonly string[];
}

type Context = { readonly lab: Lab; readonly client: AgentClient };
type Asked = Pick<ServiceCheck, "protocol" | "port">;

export async function followService(
  context: Context,
  check: Asked,
  from: Target,
  family: Family,
  place: ServiceCase,
  depth = DEPTH,
): Promise<Followed> {
  const { node, input, packet } = place;
  const oracle = verdictOf(decide(input, packet));
  const ways = await followRules(context.client, node.name, engineOf(input.proxy), packet);
  const rules = verdictOfWays(ways);
  const endpoints = [oracle, rules].flatMap((verdict) =>
    verdict.kind === "endpoints" ? [...verdict.masqueraded.keys()] : [],
  );
  const further = new Map<string, Followed>();
  for (const endpoint of new Set(endpoints)) {
    const next = depth > 0 ? await nextCase(context, check, from, family, place, endpoint) : undefined;
    if (next === undefined) continue;
    const asked = { ...check, port: splitHostPort(endpoint).port };
    further.set(endpoint, await followService(context, asked, from, family, next, depth - 1));
  }
  if (further.size === 0) return { oracle, ways, rules, nodes: [node.name] };
  const replaced = (endpoint: string): boolean => isMasqueradedOnLeaving(context.lab, place, endpoint);
  const joined: Ways = {
    unread: [...ways.unread, ...[...further.values()].flatMap((one) => one.ways.unread)],
    affinitySeconds: ways.affinitySeconds,
    ways: ways.ways.flatMap((way) => joinWays(way, further, replaced)),
  };
  return {
    oracle: joinVerdicts(oracle, further, replaced),
    ways: joined,
    rules: verdictOfWays(joined),
    nodes: [node.name, ...new Set([...further.values()].flatMap(({ nodes }) => nodes))],
  };
}

/** Undefined: the endpoint answers itself. A node translates a connection once, so it must be another one. */
async function nextCase(
  context: Context,
  { protocol }: Asked,
  from: Target,
  family: Family,
  { node }: ServiceCase,
  endpoint: string,
): Promise<ServiceCase | undefined> {
  const { address, port } = splitHostPort(endpoint);
  const owner = labNodes(context.lab).find((one) => one.address[family] === address);
  if (owner === undefined || owner.name === node.name) return undefined;
  const next = await serviceCase(context, { port, protocol }, from, address, family);
  if ("problem" in next || next.node.name !== owner.name) return undefined;
  return findFrontend(next.input, next.packet) === undefined ? undefined : next;
}

/** The network plugin replaces a pod's address by its node's: on the way out of the pod network, or of the node. */
export function isMasqueradedOnLeaving(lab: Lab, place: ServiceCase, endpoint: string): boolean {
  const { node, packet } = place;
  const { family } = packet;
  const cluster = clusterOf(lab, { node: node.name });
  const { address } = splitHostPort(endpoint);
  if (cluster === undefined || packet.from.kind !== "pod" || isLocal(packet, address)) return false;
  const other = cluster.pods.find((one) => !one.hostNetwork && one.address[family] === address);
  const itsNode = cluster.nodes.find(({ name }) => name === other?.node);
  if (itsNode === undefined && !leavesPodNetwork(place, endpoint)) return false;
  const to = itsNode === undefined ? "outside" : { node: itsNode, pod: other };
  const pod = { address: { [family]: packet.from.address } };
  return networkPlugin(cluster).path(cluster, { node, pod }, to, family).masquerades;
}

function joinWays(way: Way, further: ReadonlyMap<string, Followed>, replaced: (endpoint: string) => boolean): Way[] {
  const { end } = way;
  const next = end.kind === "endpoint" ? further.get(end.endpoint) : undefined;
  if (end.kind !== "endpoint" || next === undefined) return [way];
  return next.ways.ways.map((then) => ({
    probability: way.probability * then.probability,
    steps: [...way.steps, ...then.steps],
    end:
      then.end.kind === "endpoint"
        ? { ...then.end, masquerade: end.masquerade || replaced(end.endpoint) || then.end.masquerade }
        : then.end,
  }));
}

function joinVerdicts(
  verdict: ServiceVerdict,
  further: ReadonlyMap<string, Followed>,
  replaced: (endpoint: string) => boolean,
): ServiceVerdict {
  if (verdict.kind !== "endpoints") return verdict;
  const masqueraded = new Map<string, boolean | undefined>();
  for (const [endpoint, before] of verdict.masqueraded) {
    const next = further.get(endpoint)?.oracle;
    if (next === undefined) masqueraded.set(endpoint, before);
    else if (next.kind !== "endpoints") return verdict.masqueraded.size === 1 ? next : { kind: "mixed", text: `${endpoint} leads nowhere` }; // prettier-ignore
    else for (const [end, after] of next.masqueraded) masqueraded.set(end, before === true || replaced(endpoint) || after === true); // prettier-ignore
  }
  return { kind: "endpoints", masqueraded };
}
