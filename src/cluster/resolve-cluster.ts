/** The cluster layer: ranges, nodes, CNI, internet and pods, with every address assigned. */
import type { ClusterDocument } from "./schema.ts";
import type { Family, PerFamily } from "../net/family.ts";
import { addressAt, formatAddress, formatPrefix, prefixSize, parseInterfaceAddress } from "../net/address.ts";
import type { Prefix } from "../net/address.ts";
import { dnsAddress, dnsPods, dnsService, resolveClusterDns } from "./cluster-dns.ts";
import type { ClusterModel, CniSpec } from "./cluster.ts";
import { controllerDrafts } from "../kube/workload/controller-pods.ts";
import { DeviceTable } from "../fabric/device-table.ts";
import { deriveSlices } from "../kube/endpoint-slice/endpoint-slices.ts";
import { perFamilyText } from "../kube/pod/ipam.ts";
import { UNTOUCHED } from "../kube/workload/live-state.ts";
import { loadBalancerPools, resolveLoadBalancer } from "./load-balancer.ts";
import { resolveRanges } from "./ranges.ts";
import { resolveClusterNodes } from "./resolve-cluster-nodes.ts";
import { resolveKubeProxy, resolveNodeProxies, warnOfHiddenClients } from "./resolve-kube-proxy.ts";
import { resolveDnsRecords } from "../fabric/resolve-dns-records.ts";
import { readServer } from "../fabric/resolve-node.ts";
import { resolvePods } from "../kube/pod/resolve-pod.ts";
import { resolveServices, warnSharedAddresses, warnUnmatched } from "../kube/service/resolve-service.ts";
import { mirrorEndpoints } from "../kube/endpoints/mirrored-endpoints.ts";
import { apiSlices, isApiSlice, resolveSlices } from "../kube/endpoint-slice/resolve-slice.ts";
import type { Scope } from "../syntax/scope.ts";
import { withStandIns } from "../kube/pod/stand-ins.ts";
import type { Workloads } from "../kube/workload/workload.ts";

const DEFAULT_MTU = 1500;
/** IFNAMSIZ less the terminating zero. */
const MAX_DEVICE_NAME = 15;
/** What VXLAN takes of the underlay's MTU, by the family that carries it. */
const VXLAN_OVERHEAD = { ipv4: 50, ipv6: 70 } as const;

/** Flannel puts the VNI into its devices' names: flannel.1, flannel-v6.1. */
function checkDeviceName(vni: number, backend: string, families: readonly Family[], place: Scope): void {
  if (backend !== "vxlan") return;
  const name = `${families.includes("ipv6") ? "flannel-v6" : "flannel"}.${vni}`;
  if (name.length <= MAX_DEVICE_NAME) return;
  const digits = MAX_DEVICE_NAME - name.length + String(vni).length;
  place
    .at("vni")
    .error(
      `flannel names its device ${name}, and Linux allows at most ${MAX_DEVICE_NAME} characters`,
      `choose a VNI of at most ${digits} digits`,
    );
}

/** host-gw routes to node addresses directly: all nodes must hear each other (flannel's backend documentation). */
function checkHostGw(cni: CniSpec, switches: readonly { readonly name: string }[], scope: Scope): void {
  if (cni.backend !== "host-gw" || switches.length < 2) return;
  scope
    .at("cni", "backend")
    .error(
      `host-gw needs all nodes on one subnet, but there are ${switches.length}: ${switches.map((s) => s.name).join(", ")}`,
      "remove the nodes' own nodeCIDR, or choose backend: vxlan",
    );
}

function resolveCni(doc: ClusterDocument, families: readonly Family[], scope: Scope): CniSpec {
  const cni = doc.cni ?? {};
  const place = scope.at("cni");
  const backend = cni.backend ?? "vxlan";
  if (backend !== "vxlan") {
    for (const key of ["directRouting", "vni", "port"] as const) {
      if (cni[key] !== undefined)
        place
          .at(key)
          .keyError(`${key} belongs to the backend vxlan, not to ${backend}`, "remove it, or choose backend: vxlan");
    }
  }
  const underlay = doc.mtu ?? DEFAULT_MTU;
  const overhead = VXLAN_OVERHEAD[families.includes("ipv6") ? "ipv6" : "ipv4"];
  const largest = backend === "vxlan" ? underlay - overhead : underlay;
  if (cni.mtu !== undefined && cni.mtu > largest) {
    place
      .at("mtu")
      .warn(
        `pod MTU ${cni.mtu} does not fit: the underlay's ${underlay} leaves ${largest}`,
        `at most ${largest} gets through; larger packets are lost or refused`,
      );
  }
  checkDeviceName(cni.vni ?? 1, backend, families, place);
  const podMtu = cni.mtu ?? largest;
  if (families.includes("ipv6") && Math.min(podMtu, underlay) < 1280) {
    (cni.mtu === undefined ? scope.at("mtu") : place.at("mtu")).error(
      `pod MTU ${podMtu} is too small for IPv6`,
      "IPv6 needs at least 1280 (RFC 8200)",
    );
  }
  return {
    plugin: "flannel",
    backend,
    directRouting: cni.directRouting ?? false,
    vni: cni.vni ?? 1,
    port: cni.port ?? 8472,
    ipMasq: cni.ipMasq ?? true,
    ...(cni.mtu === undefined ? {} : { mtu: cni.mtu }),
    cause: place.cause("spec.cluster.cni", `flannel with backend ${backend}`),
  };
}

/** The internet's own address: .10 (::10), or the second host of a small range. */
function internetAddress(prefix: Prefix): string {
  const wanted = prefix.family === "ipv4" ? 10n : 0x10n;
  const address = addressAt(prefix, wanted < prefixSize(prefix) - 1n ? wanted : 2n) ?? prefix;
  return formatAddress(address);
}

function resolveInternet(doc: ClusterDocument, subnets: PerFamily<Prefix>, scope: Scope): ClusterModel["internet"] {
  const seen = new Set<number>();
  const servers = (doc.internet?.servers ?? []).flatMap((value, i) => {
    const place = scope.at("servers", i);
    const server = readServer(value, place);
    if (server === undefined) return [];
    if (server.protocol !== "tcp") {
      place.error(
        `the internet's servers are TCP ports, not ${server.protocol}`,
        "for UDP add spec.topology.nodes.internet.servers: [53/udp]",
      );
      return [];
    }
    if (seen.has(server.port)) place.error(`duplicate server on port ${server.port}`, "name each port once");
    seen.add(server.port);
    if (server.port === 53 && doc.internet?.dns !== undefined)
      place.error("port 53 is the DNS server's", "remove it from servers, or remove dns");
    return [server.port];
  });
  const records = doc.internet?.dns;
  const dns =
    records === undefined
      ? undefined
      : {
          ...resolveDnsRecords(records, scope.at("dns")),
          cause: scope.at("dns").cause("spec.cluster.internet", "DNS server of the internet"),
        };
  return {
    subnet: perFamilyText(subnets, formatPrefix),
    router: perFamilyText(subnets, (prefix) => formatAddress(addressAt(prefix, 1n) ?? prefix)),
    address: perFamilyText(subnets, internetAddress),
    servers: doc.internet?.servers === undefined ? [80] : servers,
    ...(dns === undefined ? {} : { dns }),
  };
}

export function resolveCluster(
  doc: ClusterDocument,
  workloads: Workloads,
  scope: Scope,
): { cluster: ClusterModel; families: readonly Family[] } {
  const ranges = resolveRanges(doc, scope);
  const { families } = ranges;
  const { nodes, switches } = resolveClusterNodes(doc, ranges, scope, workloads.running);
  const internet = resolveInternet(doc, ranges.internet, scope.at("internet"));
  const loadBalancer = resolveLoadBalancer(doc, families, switches, scope);
  const { hasServices } = workloads;
  const dns = resolveClusterDns(doc.dns, ranges.serviceCIDR, { internet, hasServices }, scope.at("dns"));
  const services = resolveServices(
    workloads,
    dns.enabled ? dnsService(dns, families, scope.at("dns")) : undefined,
    { families, serviceCIDR: ranges.serviceCIDR, loadBalancer: loadBalancerPools(loadBalancer, nodes, switches) },
    scope,
  );
  const kubeProxy = resolveKubeProxy(doc.kubeProxy, scope.at("kubeProxy"), "spec.cluster.kubeProxy");
  const taken = new Set(workloads.pods.map(({ namespace, name }) => `${namespace}/${name}`));
  const live = workloads.running?.live ?? UNTOUCHED;
  const controlled = controllerDrafts(workloads.controllers, nodes, taken, live, workloads.budget);
  const own = withStandIns([...workloads.pods, ...controlled], workloads.lacking);
  const drafts = [...own, ...dnsPods(dns, nodes, scope.at("dns"))];
  const pods = resolvePods(drafts, nodes, families, { services, configs: workloads.configs }, workloads.running);
  const given = [
    ...resolveSlices(workloads.slices, services, nodes),
    ...mirrorEndpoints(workloads.endpoints, services, nodes),
  ];
  warnUnmatched(workloads.services, pods);
  warnSharedAddresses(workloads.services);
  const cni = resolveCni(doc, families, scope);
  checkHostGw(cni, switches, scope);
  const proxied = resolveNodeProxies(doc.nodes, nodes, kubeProxy, scope.at("nodes"));
  if (workloads.policies.length > 0 && hasServices) warnOfHiddenClients(kubeProxy, proxied, scope.at("kubeProxy"));
  return {
    families,
    cluster: {
      nodes: proxied,
      switches,
      podCIDR: perFamilyText(ranges.podCIDR, formatPrefix),
      serviceCIDR: perFamilyText(ranges.serviceCIDR, formatPrefix),
      cni,
      networkPolicy: {
        backend: doc.networkPolicy?.backend ?? "iptables",
        log: doc.networkPolicy?.log ?? true,
        cause: scope.at("networkPolicy").cause("spec.cluster.networkPolicy", "NetworkPolicy enforcement"),
      },
      mtu: doc.mtu ?? DEFAULT_MTU,
      internet,
      loadBalancer: { cidr: perFamilyText(loadBalancer, formatPrefix) },
      kubeProxy,
      dns: dnsAddress(dns, services),
      services,
      slices: deriveSlices(
        services,
        pods,
        [...(given.some(isApiSlice) ? [] : apiSlices(services, nodes)), ...given],
        nodes,
      ),
      namespaces: workloads.namespaces,
      pods,
      policies: workloads.policies,
      cause: scope.cause("spec.cluster", "cluster"),
    },
  };
}

const FAMILIES = ["ipv4", "ipv6"] as const satisfies readonly Family[];

/** The devices that the cluster layer makes in each of its namespaces, for routes and targets that name them. */
export function clusterDevices(cluster: ClusterModel): ReadonlyMap<string, DeviceTable> {
  const tables = new Map<string, DeviceTable>();
  const table = (ns: string, open = false): DeviceTable => {
    const made = new DeviceTable(ns, open);
    tables.set(ns, made);
    return made;
  };
  const add = (
    to: DeviceTable,
    name: string,
    kind: "veth" | "bridge" | "vxlan",
    texts: readonly (string | undefined)[],
  ): void => {
    const addresses = texts.flatMap((text) => (text === undefined ? [] : (parseInterfaceAddress(text) ?? [])));
    to.add({ name, kind, cluster: true, addresses: [...addresses] });
  };
  const within = (address: string | undefined, prefix: string | undefined): string | undefined =>
    address === undefined || prefix === undefined ? undefined : `${address}/${prefix.split("/")[1] ?? ""}`;
  const first = (prefix: string | undefined, host: bigint, length?: number): string | undefined => {
    const parsed = prefix === undefined ? undefined : parseInterfaceAddress(prefix)?.prefix;
    const address = parsed === undefined ? undefined : addressAt(parsed, host);
    return parsed === undefined || address === undefined
      ? undefined
      : `${formatAddress(address)}/${length ?? parsed.length}`;
  };

  for (const one of cluster.switches) add(table(one.name, true), "br0", "bridge", []);
  const router = table("router");
  for (const [i, one] of cluster.switches.entries())
    add(
      router,
      `eth${i}`,
      "veth",
      FAMILIES.map((f) => within(one.gateway[f], one.subnet[f])),
    );
  const { internet } = cluster;
  add(
    router,
    "internet",
    "veth",
    FAMILIES.map((f) => within(internet.router[f], internet.subnet[f])),
  );
  add(
    table("internet"),
    "eth0",
    "veth",
    FAMILIES.map((f) => within(internet.address[f], internet.subnet[f])),
  );
  for (const node of cluster.nodes) {
    const made = table(node.name);
    add(
      made,
      "eth0",
      "veth",
      FAMILIES.map((f) => within(node.address[f], node.subnet[f])),
    );
    add(
      made,
      "cni0",
      "bridge",
      FAMILIES.map((f) => first(node.podCIDR[f], 1n)),
    );
    if (cluster.cni.backend === "vxlan") {
      const { vni } = cluster.cni;
      if (node.podCIDR.ipv4 !== undefined) add(made, `flannel.${vni}`, "vxlan", [first(node.podCIDR.ipv4, 0n, 32)]);
      if (node.podCIDR.ipv6 !== undefined) add(made, `flannel-v6.${vni}`, "vxlan", [first(node.podCIDR.ipv6, 0n, 128)]);
    }
  }
  for (const pod of cluster.pods) {
    if (pod.hostNetwork) continue;
    const node = cluster.nodes.find((n) => n.name === pod.node);
    const made = table(pod.ns);
    add(
      made,
      "eth0",
      "veth",
      FAMILIES.map((f) => within(pod.address[f], node?.podCIDR[f])),
    );
    const onNode = tables.get(pod.node);
    if (onNode !== undefined) add(onNode, pod.vethName, "veth", []);
  }
  return tables;
}
