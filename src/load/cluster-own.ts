/** What every cluster has and manifests rarely contain: the API server and where it is, the DNS server and its Service. */
import type { ManifestObject } from "./manifest-objects.ts";
import { at, isObject, list, nameOf, namespaceOf, pick, type ObjectValue } from "../kube/manifest-parts.ts";

/** Nodes that pods without a nodeName go to. */
export const WORKER_LABEL = "k8snet-lab/worker";

export const isApiService = (value: ObjectValue): boolean =>
  nameOf(value) === "kubernetes" && namespaceOf(value) === "default";

/** Where the API server is; of other Services the pods say it. */
export function apiEndpoints(found: ManifestObject): ManifestObject | undefined {
  const { kind, value } = found;
  if (namespaceOf(value) !== "default") return undefined;
  if (kind === "EndpointSlice") return serviceOf(value) === "kubernetes" ? found : undefined;
  const [subset] = Array.isArray(value["subsets"]) ? (value["subsets"] as readonly unknown[]) : [];
  const addresses = at(subset, ["addresses"]);
  if (nameOf(value) !== "kubernetes" || !Array.isArray(addresses)) return undefined;
  const ips = addresses.map((one: unknown) => at(one, ["ip"]));
  return {
    ...found,
    kind: "EndpointSlice",
    value: {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "kubernetes", namespace: "default", labels: { [SERVICE_NAME]: "kubernetes" } },
      addressType: ips.some((ip) => String(ip).includes(":")) ? "IPv6" : "IPv4",
      endpoints: [{ addresses: ips }],
      ports: list(at(subset, ["ports"]), (port) => pick(port, ["name", "port", "protocol"])),
    },
  };
}

const SERVICE_NAME = "kubernetes.io/service-name";

function serviceOf(value: ObjectValue): unknown {
  const labels = at(value, ["metadata", "labels"]);
  return isObject(labels) ? labels[SERVICE_NAME] : undefined;
}

/** The cluster's DNS, as kubeadm installs it, where the manifests have none. */
export const DNS = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "coredns", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
  spec: {
    nodeSelector: { [WORKER_LABEL]: "" },
    containers: [
      {
        name: "coredns",
        ports: [
          { name: "dns", containerPort: 53, protocol: "UDP" },
          { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
        ],
      },
    ],
  },
};
export const DNS_SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "kube-dns", namespace: "kube-system" },
  spec: {
    clusterIP: "10.96.0.10",
    selector: { "k8s-app": "kube-dns" },
    ports: [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ],
  },
};
