/** Pods with node, address, interface and containers. */
import type { Family, PerFamily } from "../../net/family.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { ContainerModel, PodDns, PodIdentity, PodModel } from "./pod-model.ts";
import type { NamespaceModel } from "../namespace/namespace-model.ts";
import type { ConfigData } from "../config-map/config-data.ts";
import type { PodFacts } from "./downward.ts";
import type { PodPool } from "./ipam.ts";
import { UNTOUCHED } from "../workload/live-state.ts";
import type { LiveState } from "../workload/live-state.ts";
import { isRun, isSidecar, lastingContainers } from "./lasting-containers.ts";
import { bandwidthOf } from "./bandwidth.ts";
import { askedAddresses } from "./pod-address.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import { vethName } from "./pod-name.ts";
import type { RunningCluster } from "../workload/running-lab.ts";
import { resolveContainer } from "./resolve-container.ts";
import { resolveEnv } from "./resolve-env.ts";
import { isProbed } from "./resolve-readiness-probe.ts";
import { VolumeReader } from "./resolve-volumes.ts";
import type { PodLimit } from "../scheduler/pod-limit.ts";
import { schedule } from "../scheduler/schedule.ts";
import type { Scope } from "../../syntax/scope.ts";
import { namespaceEnv } from "../service/service-env.ts";
import type { ServiceModel } from "../service/service.ts";
import { identityOf } from "./pod-draft.ts";
import type { PodDraft } from "./pod-draft.ts";
import { namespacedName } from "../../net/object-ref.ts";

const POLICIES = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] as const;
type Pools = Readonly<Partial<Record<Family, PodPool>>>;

/** Pools of one node and the names of its interfaces. */
interface NodeState {
  readonly node: ClusterNode;
  readonly pools: Pools;
  readonly veths: Set<string>;
  full: boolean;
}

function allocate(
  state: NodeState,
  pools: Pools,
  draft: PodDraft,
  families: readonly Family[],
  before: Pick<PodModel, "address"> | undefined,
): Partial<Record<Family, string>> {
  const address: Partial<Record<Family, string>> = {};
  for (const family of families) {
    const pool = pools[family];
    const kept = parseAddress(before?.address[family] ?? "");
    if (kept !== undefined) {
      address[family] = formatAddress(kept);
      continue;
    }
    const found = pool === undefined || draft.system !== true ? pool?.next(draft.name) : pool.last(draft.name);
    if (found !== undefined) address[family] = formatAddress(found);
    else if (pool !== undefined && !state.full) {
      state.full = true;
      const { shortage } = pool;
      draft.scope.error(
        shortage?.message ?? `exhausted pool: ${pool.text}, and this pod exceeds them`,
        shortage?.hint ?? "spread the pods across more nodes, or choose a larger podCIDR",
      );
    }
  }
  return address;
}

/** A pod's hostname: the field, else the pod's name cut to 63 characters as the kubelet does. */
function hostnameOf(draft: PodDraft, node: string): string {
  if (draft.spec.hostNetwork === true) return node;
  return draft.spec.hostname ?? draft.name.slice(0, 63).replace(/[-.]+$/, "");
}

/** Condition Ready, if a manifest's status has one. */
function isReady(status: unknown): boolean {
  const conditions = (status as { readonly conditions?: unknown } | null | undefined)?.conditions;
  if (!Array.isArray(conditions)) return true;
  return !conditions.some(
    (one: { readonly type?: unknown; readonly status?: unknown } | null) =>
      one?.type === "Ready" && one.status === "False",
  );
}

function resolveDns(spec: PodDraft["spec"]): PodDns {
  const { nameservers, searches, options } = spec.dnsConfig ?? {};
  const policy = POLICIES.find((one) => one === spec.dnsPolicy) ?? "ClusterFirst";
  return {
    policy,
    config: {
      nameservers: (nameservers ?? []).flatMap((text) => parseLegacyAddress(text)?.text ?? []),
      searches: searches ?? [],
      options: (options ?? []).flatMap(({ name, value }) =>
        (name ?? "") === "" ? [] : [{ name: name ?? "", ...(value === undefined || value === null ? {} : { value }) }],
      ),
    },
  };
}

function resolveHostAliases({ hostAliases = [] }: PodDraft["spec"]): Pick<PodModel, "hostAliases"> {
  if (hostAliases.length === 0) return {};
  return { hostAliases: hostAliases.map(({ ip, hostnames }) => ({ ip, hostnames: hostnames ?? [] })) };
}

function factsOf(
  { namespace, name, labels, annotations, spec }: PodDraft,
  node: ClusterNode,
  address: PodModel["address"],
  families: readonly Family[],
): PodFacts {
  const { serviceAccountName } = spec;
  const inOrder = (of: PodModel["address"]): readonly string[] => families.flatMap((family) => of[family] ?? []);
  return {
    namespace,
    name,
    labels,
    annotations: annotations ?? {},
    nodeName: node.name,
    serviceAccountName: typeof serviceAccountName === "string" ? serviceAccountName : "default",
    hostIPs: inOrder(node.address),
    podIPs: inOrder(address),
    containers: [...spec.containers, ...(spec.initContainers ?? [])],
  };
}

/** What pods of a running lab keep: their node, unless nodeName names another, and their addresses, if they are still that node's. */
function boundPods(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  running: RunningCluster | undefined,
): ReadonlyMap<PodDraft, PodModel> {
  const before = new Map(running?.cluster?.pods.map((pod) => [namespacedName(pod), pod]));
  const names = new Set(nodes.map((node) => node.name));
  return new Map(
    drafts.flatMap((draft) => {
      const pod = before.get(namespacedName(draft));
      const asked = draft.spec.nodeName ?? "";
      const stays = pod !== undefined && names.has(pod.node) && (asked === "" || asked === pod.node);
      return stays ? [[draft, pod] as const] : [];
    }),
  );
}

/** Addresses that an existing pod keeps: its node's, unless another has them. New pods come after them: an address is not reused at once. */
function keepAddresses(pools: Pools, pod: PodModel, system: boolean): Pick<PodModel, "address"> {
  const kept: Partial<Record<Family, string>> = {};
  for (const [family, text] of Object.entries(pod.address) as [Family, string][]) {
    const address = parseAddress(text);
    const pool = pools[family];
    if (address === undefined || pool === undefined || !pool.has(address)) continue;
    if (pool.take(address, pod.name) !== undefined) continue;
    kept[family] = text;
    if (!system) pool.skipTo(address);
  }
  return { address: kept };
}

/** What comes after a sidecar that cannot start waits for it: later sidecars, and the pod's own containers. `sidecars`: which they are. */
function withholdBehindSidecars(
  containers: readonly ContainerModel[],
  sidecars: readonly boolean[],
): readonly ContainerModel[] {
  const first = containers.findIndex(({ withheld }, i) => withheld === true && sidecars[i] === true);
  if (first < 0) return containers;
  return containers.map((one, i) => (i > first || sidecars[i] !== true ? { ...one, withheld: true } : one));
}

function readiness(draft: PodDraft, live: LiveState): boolean {
  const key = namespacedName(draft);
  const waits = lastingContainers(draft.spec).some(({ doc }) => isProbed(doc));
  return live.ready[key] ?? (waits ? (live.probed[key] ?? false) : isReady(draft.status));
}

/** What containers find in their environment, and namespaces that affinity selects. */
export interface PodSurroundings {
  readonly services: readonly ServiceModel[];
  readonly configs: ConfigData;
  readonly namespaces: readonly NamespaceModel[];
}

/** What the network plugin gives to pods. */
export interface PodNetwork {
  /** What a node has addresses of its pods from. */
  addresses(node: ClusterNode): PerFamily<PodPool>;
  /** In place of that for a single pod; undefined: its node's. */
  podAddresses(node: ClusterNode, pod: PodIdentity): PerFamily<PodPool> | undefined;
  /** Name of a pod's device on its node; undefined: `veth` and a hash. */
  readonly device: ((pod: PodIdentity) => string) | undefined;
  /** How many pods a node takes; undefined: no limit. */
  limit(node: ClusterNode): PodLimit | undefined;
}

export function resolvePods(
  drafts: readonly PodDraft[],
  nodes: readonly ClusterNode[],
  families: readonly Family[],
  network: PodNetwork,
  { services, configs, namespaces }: PodSurroundings,
  running?: RunningCluster,
): readonly PodModel[] {
  const states = new Map<string, NodeState>();
  for (const node of nodes) {
    states.set(node.name, { node, pools: network.addresses(node), veths: new Set(), full: false });
  }
  const poolsOf = ({ node, pools }: NodeState, draft: PodDraft): Pools =>
    network.podAddresses(node, identityOf(draft)) ?? pools;
  const live = running?.live ?? UNTOUCHED;
  const bound = boundPods(drafts, nodes, running);
  const addresses = new Map<PodDraft, Pick<PodModel, "address">>();
  for (const [draft, pod] of bound) {
    const state = states.get(pod.node);
    if (state === undefined || pod.hostNetwork) continue;
    addresses.set(draft, keepAddresses(poolsOf(state, draft), pod, draft.system === true));
  }
  const places = new Map([...bound].map(([draft, pod]) => [draft, pod.node]));
  const labels = new Map(namespaces.map((one) => [one.name, one.labels]));
  const limits = new Map(
    nodes.flatMap((node) => {
      const limit = network.limit(node);
      return limit === undefined ? [] : [[node.name, limit] as const];
    }),
  );
  const placed = schedule(drafts, nodes, places, labels, limits);
  const asked = askedAddresses(drafts, bound, placed, (name) => states.get(name)?.pools);
  /** A mistake in a template is reported once, not for each of its pods. */
  const reported = new Set<string>();
  const deviceOf = (draft: PodDraft, taken: Set<string>): string =>
    network.device?.(identityOf(draft)) ?? vethName(draft.namespace, draft.name, taken);
  const reader = new VolumeReader(configs);
  const pods = drafts.flatMap((draft, i) => {
    const state = states.get(placed[i] ?? "");
    if (state === undefined) return [];
    const { node } = state;
    const key = namespacedName(draft);
    const starting = running?.gradual === true && !bound.has(draft);
    const hostNetwork = draft.spec.hostNetwork === true;
    const ofServices = namespaceEnv(services, draft.namespace, draft.spec.enableServiceLinks ?? true);
    const given = running?.attached?.get(key)?.addresses;
    const kept = addresses.get(draft) ?? asked.get(draft);
    const address = hostNetwork
      ? node.address
      : (given ?? allocate(state, poolsOf(state, draft), draft, families, kept));
    const facts = factsOf(draft, node, address, families);
    const scopeOf = (scope: Scope): Scope => (reported.has(draft.object) ? scope.muted() : scope);
    const lasting = lastingContainers(draft.spec);
    const containers = withholdBehindSidecars(
      lasting.map(({ doc, at }) => {
        const place = draft.specScope.at(...at);
        const variables = resolveEnv(doc, facts, configs, ofServices, scopeOf(place));
        return resolveContainer(doc, variables, ofServices, draft.spec, draft.object, place);
      }),
      lasting.map(({ doc }) => isSidecar(doc)),
    );
    const programs = lasting.map(({ doc }) => doc).filter(isRun);
    const { volumes, blocked } = reader.read(
      draft.spec.volumes ?? [],
      programs,
      facts,
      draft.object,
      scopeOf(draft.specScope),
    );
    const bandwidth = hostNetwork ? {} : bandwidthOf(draft, scopeOf(draft.specScope));
    reported.add(draft.object);
    return [
      {
        namespace: draft.namespace,
        name: draft.name,
        labels: draft.labels,
        node: node.name,
        ns: hostNetwork ? node.name : namespacedName(draft),
        hostNetwork,
        hostname: hostnameOf(draft, node.name),
        ...((draft.spec.hostname ?? "") === "" ? {} : { specHostname: draft.spec.hostname ?? "" }),
        ...(draft.spec.subdomain === undefined ? {} : { subdomain: draft.spec.subdomain }),
        address,
        ...(facts.serviceAccountName === "default" ? {} : { serviceAccount: facts.serviceAccountName }),
        vethName: hostNetwork ? "" : deviceOf(draft, state.veths),
        ...bandwidth,
        containers: blocked ? [] : containers,
        ...(volumes.length === 0 ? {} : { volumes }),
        ready: !starting && !blocked && !containers.some(({ withheld }) => withheld) && readiness(draft, live),
        ...(live.terminating[key] === undefined && draft.terminating !== true ? {} : { terminating: true }),
        ...(starting ? { starting } : {}),
        dns: resolveDns(draft.spec),
        ...resolveHostAliases(draft.spec),
        serviceLinks: draft.spec.enableServiceLinks ?? true,
        ...(draft.owner === undefined ? {} : { owner: draft.owner }),
        cause: draft.scope.cause(draft.object, `pod ${draft.name} on ${node.name}`),
      },
    ];
  });
  reader.report();
  return pods;
}
