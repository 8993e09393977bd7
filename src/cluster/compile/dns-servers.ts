/** The cluster's DNS servers: which pods they are in, and which records each has. */
import type { ClusterModel } from "../cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { DnsZone } from "../../resources/dns/zone.ts";
import { perFamily } from "../../net/families.ts";
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import { kubernetesZone } from "./dns-zone.ts";

const PORT = 53;

/** Pods of Deployment kube-system/coredns, the cluster's own or one that the manifests bring. */
export function isDnsPod(cluster: ClusterModel, pod: PodModel): boolean {
  return cluster.dns.enabled && pod.namespace === "kube-system" && pod.owner?.name === "coredns";
}

/** On port 53 the pod answers DNS, in the place of the built-in server. */
export function addClusterDns(cluster: ClusterModel, pod: PodModel, draft: NodeDraft): void {
  const { dns, namespaces, services, slices, pods } = cluster;
  const own = perFamily(pod.address).map(([, address]) => address);
  const kubernetes = kubernetesZone({ dns, namespaces, services, slices, pods }, own);
  const zones: DnsZone[] = dns.records === undefined ? [kubernetes] : [dns.records, kubernetes];
  const stubs = dns.stubs === undefined ? {} : { stubs: dns.stubs };
  draft.keep("server", ({ port }) => port !== PORT);
  draft.add({
    kind: "dns",
    port: PORT,
    zones,
    forward: dns.upstream,
    ...stubs,
    cause: because(pod.cause, `DNS for ${dns.domain}`),
  });
}
