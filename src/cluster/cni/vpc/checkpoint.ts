/** ipamd's own record of who has which address: /var/run/aws-node/ipam.json (pkg/ipamd/datastore/data_store.go, CheckpointData). */
import { because } from "../../../cause.ts";
import { count } from "../../../counting.ts";
import { prefixSize } from "../../../net/address.ts";
import { modelPrefix } from "../../../net/families.ts";
import { sandboxId } from "../../../cni/names.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { shapeOf } from "./addresses.ts";
import { NETWORK } from "./conflist.ts";
import type { VpcModel } from "./model.ts";
import { targetText } from "./warm-pool.ts";

/** `12 addresses for pods on 3 ENIs, 5 in use; WARM_ENI_TARGET 1: at least 3 free addresses`. */
function poolText({ cni }: ClusterModel<VpcModel>, node: ClusterNode, used: number): string {
  const enis = cni.enis.filter((eni) => eni.node === node.name);
  const total = enis
    .flatMap(({ slots }) => slots)
    .reduce((sum, slot) => sum + Number(prefixSize(modelPrefix(slot))), 0);
  const { type = "", maxPods = 0 } = cni.types[node.name] ?? {};
  const shape = shapeOf(cni, node.name);
  const target = shape === undefined || cni.env.ipv6 ? "" : `; ${targetText(shape)}`;
  return `${type}: ${count(total, "address", "addresses")} for pods on ${count(enis.length, "ENI")}, ${used} in use${target}; the kubelet takes ${count(maxPods, "pod")}`;
}

export function addCheckpoint(cluster: ClusterModel<VpcModel>, node: ClusterNode, draft: NodeDraft): void {
  const pods = cluster.pods.filter((pod) => pod.node === node.name && !pod.hostNetwork);
  const allocations = pods.map(({ ns, namespace, name, address: { ipv4, ipv6 } }) => ({
    networkName: NETWORK,
    containerID: sandboxId(ns),
    ifName: "eth0",
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    metadata: { k8sPodNamespace: namespace, k8sPodName: name, interfacesCount: 1 },
  }));
  draft.add({
    kind: "file",
    path: "/var/run/aws-node/ipam.json",
    content: `${JSON.stringify({ version: "vpc-cni-ipam/1", allocations })}\n`,
    cause: because(cluster.cni.cause, `ipamd: ${poolText(cluster, node, pods.length)}`),
  });
}
