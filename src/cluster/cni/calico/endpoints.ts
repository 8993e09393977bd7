/** The chains of a node's pods and of their policies, and those that lead to them. */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import { perFamily } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import { namespacedName } from "../../../net/object-ref.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { PodModel } from "../../../kube/pod/pod-model.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { PolicyWorld, WorldPod } from "../../policy/policy-world.ts";
import { nodeEndpoints } from "../../policy/host-endpoints.ts";
import { podTiers } from "../../policy/tiers.ts";
import type { Direction } from "../../policy/tiers.ts";
import type { FelixConfig } from "./felix/config.ts";
import { workloadDispatchChains } from "./felix/dispatch-chains.ts";
import { endpointRules, profileChains } from "./felix/endpoint-chains.ts";
import type { TierGroups } from "./felix/endpoint-chains.ts";
import type { FelixTables } from "./felix/tables.ts";
import { addNodeSets, addStaticChains, felixConfig, felixTables } from "./felix-node.ts";
import { HostChains } from "./host-chains.ts";
import { NodePolicies } from "./node-policies.ts";
import type { CalicoModel } from "./model.ts";
import { setName } from "./names.ts";
import type { Side } from "./names.ts";

type Cluster = ClusterModel<CalicoModel>;

/** Of the pod's namespace, and of its service account. */
function profilesOf({ namespace, serviceAccount = "default" }: PodModel): readonly string[] {
  return [`kns.${namespace}`, `ksa.${namespace}.${serviceAccount}`];
}

const WAYS = [
  { direction: "ingress", side: "i", prefix: "cali-tw-", word: "gets" },
  { direction: "egress", side: "o", prefix: "cali-fw-", word: "sends" },
] as const satisfies readonly { direction: Direction; side: Side; prefix: string; word: string }[];

type TiersOf = (pod: PodModel, direction: Direction) => readonly TierGroups[];

function addPods(pods: readonly PodModel[], tiersOf: TiersOf, config: FelixConfig, tables: FelixTables): void {
  for (const pod of pods)
    for (const { direction, side, prefix, word } of WAYS) {
      const tiers = tiersOf(pod, direction);
      const { allow } = config;
      const endpoint = {
        type: "workload",
        device: pod.vethName,
        prefix,
        side,
        tiers,
        profiles: profilesOf(pod),
        allow,
      } as const;
      tables.add("filter", endpointRules(endpoint, config), because(pod.cause, `Felix: what the pod ${word}`));
    }
}

function addProfiles(profiles: readonly string[], config: FelixConfig, cause: Cause, tables: FelixTables): void {
  for (const profile of new Set(profiles))
    for (const chain of profileChains(profile, config))
      tables.add("filter", chain, because(cause, `Felix: profile ${profile}`));
}

function addPolicySets(policies: NodePolicies, family: Family, tables: FelixTables): void {
  for (const { id, kind, entries, text, cause } of policies.sets)
    tables.addSet({
      name: setName(id, family),
      type: kind === "networks" ? "hash:net" : "hash:ip,port",
      entries: entries[family] ?? [],
      cause: because(cause, `Felix: ${text}`),
    });
}

/** Where others enforce policies, Felix knows none. */
const NO_POLICIES: PolicyWorld = { policies: [], clusterPolicies: [], namespaces: [], pods: [], nodes: [] };

/** Everything of Felix on a node. `world`: absent: others enforce policies, its own chains let everything through. */
export function addFelixRules(
  cluster: Cluster,
  node: ClusterNode,
  draft: NodeDraft,
  world: PolicyWorld | undefined,
): void {
  const { cni } = cluster;
  const pods = cluster.pods.filter((pod) => pod.node === node.name && !pod.hostNetwork);
  const devices = pods.map(({ vethName }) => vethName);
  const known = world ?? NO_POLICIES;
  const policies = new NodePolicies(known, cni);
  const worldPods = new Map<string, WorldPod>(known.pods.map((pod) => [namespacedName(pod), pod]));
  const tiersOf: TiersOf = (pod, direction) => {
    const own = worldPods.get(namespacedName(pod));
    return own === undefined ? [] : policies.groups(podTiers(known, own, direction), direction);
  };
  const hosts = new HostChains(known, nodeEndpoints(known, node.name), policies, cni.cause);
  for (const [family] of perFamily(cluster.podCIDR)) {
    const config = felixConfig(cluster, node, draft, family);
    const tables = felixTables(cni, family, draft);
    addNodeSets(cluster, node, family, tables);
    addStaticChains(cluster, config, family, devices, hosts.devices, tables);
    for (const chain of workloadDispatchChains(devices, config))
      tables.add("filter", chain, because(cni.cause, "Felix: from a device to the chain of its pod"));
    addPods(pods, tiersOf, config, tables);
    hosts.add(config, family, tables);
    addProfiles([...pods.flatMap(profilesOf), ...hosts.profiles], config, cni.cause, tables);
    for (const table of ["filter", "mangle", "raw"] as const)
      for (const { policy, ...chain } of policies.chains(table, family, config))
        tables.add(table, chain, policy?.cause ?? because(cni.cause, "Felix: policies that select the same"));
    addPolicySets(policies, family, tables);
    tables.finish(cni.cause);
  }
}
