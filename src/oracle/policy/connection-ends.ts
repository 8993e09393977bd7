/** What the connections of a cluster's policies begin and end at: pods, nodes, Services, the internet; and what they are called. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import type { Lab } from "../../lab/lab.ts";
import { clusterPrefix, namespacedName, objectKey, type ObjectRef } from "../../net/object-ref.ts";
import type { Target } from "../../net/target.ts";
import { isProblem } from "../../targets/in-clusters.ts";
import { podText, targetIndex } from "../../targets/parse-target.ts";
import { serviceAddresses } from "../../targets/service-target.ts";

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

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

export interface Place extends ConnectionEnd {
  readonly pod?: PodModel | undefined;
  readonly node: string;
}

/** `shop/web`. Pods of a StatefulSet have names that last and labels of their own: a policy may distinguish them. */
export function workloadGroup(pod: PodModel, { workloadKinds }: ClusterModel): string {
  const { name, owner } = pod;
  const isStable = workloadKinds.some((one) => one.kind === owner?.kind && one.stable === true);
  return objectKey({ ...pod, name: owner === undefined || isStable ? name : owner.name });
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

/** Sources and destinations of a cluster. */
export function places(lab: Lab, cluster: ClusterModel): Places {
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
    const workload = pod.owner === undefined ? undefined : objectKey({ ...pod, name: pod.owner.name });
    const byKind = pod.owner === undefined ? undefined : fullText(wordOf(pod.owner.kind), { ...pod, ...pod.owner });
    const ofWorkload = byKind === undefined ? [] : [byKind, `${byKind}#${countOf(byKind)}`];
    const aliases = [fullText("pod", pod), ...ofWorkload];
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

/** `sts/shop/db`, `west.sts/shop/db`: with the namespace also where it is default. */
function fullText(word: string, ref: ObjectRef): string {
  return `${clusterPrefix(ref.cluster)}${word}/${namespacedName(ref)}`;
}

export interface ServicePlace {
  readonly service: ServiceModel;
  readonly place: Place;
}

function placeOf(word: string, service: ServiceModel, addresses: Target["addresses"]): Place {
  const name = fullText(word, service);
  const target = { text: name, ns: name, node: "", addresses, cause: service.cause };
  return { target, name, group: name, node: "", isNode: false };
}

/** The file of objects that a cluster has without a manifest: not included, unless named explicitly. */
export const OF_THE_CLUSTER = "(the cluster's own)";

/** Services with a cluster IP. */
export function servicePlaces(cluster: ClusterModel): readonly ServicePlace[] {
  return cluster.services.flatMap((service) => {
    const addresses = serviceAddresses(service);
    if (isProblem(addresses) || service.cause.source?.file === OF_THE_CLUSTER) return [];
    return [{ service, place: placeOf("svc", service, addresses) }];
  });
}

/** Those that a load balancer announces to the world outside. */
export function balancedPlaces(cluster: ClusterModel): readonly ServicePlace[] {
  return cluster.services.flatMap((service) => {
    const ips = service.loadBalancerIPs.map(({ ip }) => ip);
    const [ipv4, ipv6] = [ips.find((ip) => !ip.includes(":")), ips.find((ip) => ip.includes(":"))];
    if (ips.length === 0) return [];
    return [{ service, place: placeOf("lb", service, { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) }) }];
  });
}

export const isApiServer = ({ service }: ServicePlace): boolean =>
  service.namespace === "default" && service.name === "kubernetes";
