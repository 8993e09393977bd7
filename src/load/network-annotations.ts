/** Annotations and labels that change what a network does where a controller acts on them, and that have no effect here. */

import {
  ADDRESS_ANNOTATIONS,
  ALLOCATED_ANNOTATIONS,
  POOL_ANNOTATIONS,
  SHARING_ANNOTATIONS,
} from "../kube/service/service-annotations.ts";

/** Keys, or beginnings of keys that end in `/` or `-`; a value may follow after `=`. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "cni.projectcalico.org/": "pods cannot choose their address or pool",
  "cilium.io/": "Cilium is not supported",
  "service.cilium.io/": "Cilium is not supported",
  "io.cilium/": "Cilium is not supported",
  "k8s.v1.cni.cncf.io/": "pods have one network (Multus is not supported)",
  "v1.multus-cni.io/": "pods have one network (Multus is not supported)",
  "sidecar.istio.io/inject=true": "no sidecar is injected",
  "istio-injection=enabled": "no sidecar is injected",
  "istio.io/dataplane-mode=ambient": "service meshes are not supported",
  "linkerd.io/inject=enabled": "no sidecar is injected",
  "kuma.io/sidecar-injection=enabled": "no sidecar is injected",
  "consul.hashicorp.com/connect-inject=true": "no sidecar is injected",
  "service.kubernetes.io/topology-aware-hints": "only trafficDistribution creates hints",
  "service.alpha.kubernetes.io/tolerate-unready-endpoints": "Kubernetes 1.24 removed it; use publishNotReadyAddresses",
  "service.beta.kubernetes.io/": "no cloud load balancer is created",
  "service.kubernetes.io/qcloud-": "no cloud load balancer is created",
  "networking.gke.io/": "no cloud load balancer is created",
  "cloud.google.com/": "no cloud load balancer is created",
  "metallb.io/": "MetalLB knows address-pool, loadBalancerIPs and allow-shared-ip",
  "metallb.universe.tf/": "MetalLB knows address-pool, loadBalancerIPs and allow-shared-ip",
};

const TAKEN: ReadonlySet<string> = new Set([
  ...ADDRESS_ANNOTATIONS,
  ...SHARING_ANNOTATIONS,
  ...POOL_ANNOTATIONS,
  ...ALLOCATED_ANNOTATIONS,
]);

/** The unsupported effect of an annotation or label; undefined: it does not matter, or is supported. */
export function leftOutAnnotation(key: string, value: unknown): string | undefined {
  if (TAKEN.has(key)) return undefined;
  const slash = key.indexOf("/") + 1;
  const prefixes = [
    key,
    `${key}=${String(value)}`,
    key.slice(0, slash),
    ...[...key.matchAll(/-/g)].map(({ index }) => key.slice(0, index + 1)),
  ];
  const found = prefixes.find((one) => one !== "" && Object.hasOwn(LEFT_OUT, one));
  return found === undefined ? undefined : LEFT_OUT[found];
}
