/** The cluster's DNS zone from its Services, EndpointSlices, namespaces and pods: what CoreDNS sees of them. */
import type { DnsEndpoints, KubernetesZone } from "../../resources/dns/zone.ts";
import type { ClusterDnsSpec, EndpointSliceModel, ServiceModel } from "../../kube/service/service.ts";

export interface DnsZoneInput {
  readonly dns: Pick<ClusterDnsSpec, "domain" | "ttl" | "pods" | "zonal" | "ignoreEmptyService" | "synced">;
  readonly namespaces: readonly { readonly name: string }[];
  readonly services: readonly ServiceModel[];
  readonly slices: readonly EndpointSliceModel[];
  readonly pods: readonly {
    readonly namespace: string;
    readonly address: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined };
    readonly terminating?: boolean | undefined;
  }[];
}

/** Reverse zones as kubeadm's Corefile has them: all addresses, of which only the cluster's have names. */
const REVERSE = ["in-addr.arpa", "ip6.arpa"];

/** `own`: addresses of the server that gets this zone. */
export function kubernetesZone(input: DnsZoneInput, own: readonly string[]): KubernetesZone {
  const { domain, ttl, pods, zonal, ignoreEmptyService, synced } = input.dns;
  return {
    kind: "kubernetes",
    domains: [domain, ...REVERSE],
    fallthrough: REVERSE,
    ttl,
    pods,
    namespaces: input.namespaces.map(({ name }) => name),
    services: input.services.map((service) => ({
      namespace: service.namespace,
      name: service.name,
      clusterIPs: service.clusterIPs,
      ...(service.type === "ExternalName" ? { externalName: service.externalName ?? "" } : {}),
      ports: service.ports.map(({ name, protocol, port }) => ({ name, protocol, port })),
    })),
    endpoints: input.slices.map(readyEndpoints).filter((slice) => slice.addresses.length > 0),
    podAddresses:
      pods === "verified"
        ? // Only a pod's first address has a name, and not that of a terminating pod.
          input.pods
            .filter(({ terminating }) => terminating !== true)
            .map(({ namespace, address: { ipv4, ipv6 } }) => `${namespace}/${ipv4 ?? ipv6 ?? ""}`)
        : [],
    own,
    ...(ignoreEmptyService === true ? { ignoreEmpty: true } : {}),
    ...(zonal === true ? { zonal: true } : {}),
    ...(synced === false ? { unsynced: true } : {}),
  };
}

/** Only ready endpoints have records, one for each of their addresses. */
function readyEndpoints(slice: EndpointSliceModel): DnsEndpoints {
  return {
    namespace: slice.namespace,
    service: slice.service,
    ports: slice.ports.map(({ name, protocol, port }) => ({ name, protocol, port })),
    addresses: slice.endpoints.flatMap(({ ready, addresses, hostname, zone }) =>
      (ready ? addresses : []).map((ip) => ({
        ip,
        ...(hostname === undefined ? {} : { hostname }),
        ...(zone === undefined ? {} : { zone }),
      })),
    ),
  };
}
