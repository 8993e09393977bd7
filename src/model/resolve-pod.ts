/** Pods with node, address, interface and containers. */
import type { Family } from "../plan/resource.ts";
import type { ContainerDocument } from "../schema/manifests/container.ts";
import { formatAddress, parsePrefix } from "./address.ts";
import type { ClusterNode, ContainerModel, PodModel } from "./cluster.ts";
import { expandReferences } from "./container-env.ts";
import { podCapacity, podPool } from "./ipam.ts";
import type { Pool } from "./ipam.ts";
import { vethName } from "./pod-name.ts";
import { schedule } from "./schedule.ts";
import type { Scope } from "./scope.ts";
import type { PodDraft } from "./workload.ts";

const PROTOCOLS = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const;

function resolveContainer(doc: ContainerDocument, object: string, scope: Scope): ContainerModel {
  const env: Record<string, string> = {};
  for (const { name, value } of doc.env ?? []) env[name] = expandReferences(value ?? "", env);
  const command = [...(doc.command ?? []), ...(doc.args ?? [])].map((word) => expandReferences(word, env));
  return {
    name: doc.name,
    ...((doc.command ?? []).length === 0 ? {} : { command }),
    env,
    ...(doc.workingDir === undefined || doc.workingDir === "" ? {} : { workingDir: doc.workingDir }),
    ports: (doc.ports ?? []).map((port, i) => ({
      ...(port.name === undefined ? {} : { name: port.name }),
      port: port.containerPort,
      protocol: PROTOCOLS[port.protocol ?? "TCP"],
      ...(port.hostPort === undefined || port.hostPort === 0 ? {} : { hostPort: port.hostPort }),
      cause: scope
        .at("ports", i)
        .cause(object, `port ${port.containerPort}/${PROTOCOLS[port.protocol ?? "TCP"]} of container ${doc.name}`),
    })),
    cause: scope.cause(object, `container ${doc.name}`),
  };
}

/** Pools of one node and the names of its interfaces. */
interface NodeState {
  readonly node: ClusterNode;
  readonly pools: Readonly<Partial<Record<Family, Pool>>>;
  readonly veths: Set<string>;
  /** `80/tcp` → who listens on the node itself. */
  readonly hostPorts: Map<string, string>;
  full: boolean;
}

function allocate(state: NodeState, draft: PodDraft, families: readonly Family[]): Partial<Record<Family, string>> {
  const address: Partial<Record<Family, string>> = {};
  for (const family of families) {
    const pool = state.pools[family];
    const found = pool?.next(draft.name);
    if (found !== undefined) address[family] = formatAddress(found);
    else if (pool !== undefined && !state.full) {
      state.full = true;
      draft.scope.error(
        `exhausted pool: ${state.node.podCIDR[family]} of ${state.node.name} has ${podCapacity(pool.prefix)} pod addresses, and this is one pod more`,
        "spread the pods over more nodes, or choose a larger podCIDR",
      );
    }
  }
  return address;
}

/** Ports on the node itself (hostNetwork, hostPort) are taken once per node. */
function claimHostPorts(state: NodeState, draft: PodDraft, containers: readonly ContainerModel[]): void {
  const hostNetwork = draft.spec.hostNetwork === true;
  for (const [i, container] of containers.entries()) {
    for (const [j, port] of container.ports.entries()) {
      const host = port.hostPort ?? (hostNetwork ? port.port : undefined);
      if (host === undefined) continue;
      const key = `${host}/${port.protocol}`;
      const owner = state.hostPorts.get(key);
      if (owner !== undefined && owner !== `${draft.namespace}/${draft.name}`) {
        draft.specScope
          .at("containers", i, "ports", j)
          .error(
            `port ${key} of ${state.node.name} is taken by pod ${owner}`,
            "a port on the node belongs to one pod; choose another port or another node",
          );
      }
      state.hostPorts.set(key, `${draft.namespace}/${draft.name}`);
    }
  }
}

/** A pod's hostname: the field, else the pod's name cut to 63 characters as the kubelet does. */
function hostnameOf(draft: PodDraft, node: string): string {
  if (draft.spec.hostNetwork === true) return node;
  return draft.spec.hostname ?? draft.name.slice(0, 63).replace(/[-.]+$/, "");
}

export function resolvePods(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  families: readonly Family[],
): readonly PodModel[] {
  const states = new Map<string, NodeState>();
  for (const node of nodes) {
    const pools: Partial<Record<Family, Pool>> = {};
    for (const family of families) {
      const part = node.podCIDR[family] === undefined ? undefined : parsePrefix(node.podCIDR[family]);
      if (part !== undefined) pools[family] = podPool(part);
    }
    states.set(node.name, { node, pools, veths: new Set(), hostPorts: new Map(), full: false });
  }
  const placed = schedule(drafts, nodes);
  return drafts.flatMap((draft, i) => {
    const state = states.get(placed[i] ?? "");
    if (state === undefined) return [];
    const { node } = state;
    const hostNetwork = draft.spec.hostNetwork === true;
    const containers = draft.spec.containers.map((doc, j) =>
      resolveContainer(doc, draft.object, draft.specScope.at("containers", j)),
    );
    claimHostPorts(state, draft, containers);
    return [
      {
        namespace: draft.namespace,
        name: draft.name,
        labels: draft.labels,
        node: node.name,
        ns: hostNetwork ? node.name : `${draft.namespace}/${draft.name}`,
        hostNetwork,
        hostname: hostnameOf(draft, node.name),
        ...(draft.spec.subdomain === undefined ? {} : { subdomain: draft.spec.subdomain }),
        address: hostNetwork ? node.address : allocate(state, draft, families),
        vethName: hostNetwork ? "" : vethName(draft.namespace, draft.name, state.veths),
        containers,
        ...(draft.owner === undefined ? {} : { owner: draft.owner }),
        cause: draft.scope.cause(draft.object, `pod ${draft.name} on ${node.name}`),
      },
    ];
  });
}
