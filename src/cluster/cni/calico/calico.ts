/** Calico: routed pods, blocks of addresses that nodes claim, tunnels or plain routes between nodes, and Felix' chains. */
import type { Requirement } from "../../../resources/requirement.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { PolicyBackendName } from "../../policy/backends.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import { calicoIpam } from "./addresses.ts";
import { addBirdFiles } from "./bgp/bird-files.ts";
import { calicoSpeakers } from "./bgp/speakers.ts";
import { calicoAttachment } from "./attachment.ts";
import { addConflist } from "./conflist.ts";
import { tunnelAddress, tunnelsOf, VXLAN_PORT } from "./encapsulation.ts";
import { addFelixRules } from "./endpoints.ts";
import { claimFelixMarks } from "./marks.ts";
import { calicoSchema, DATAPLANES } from "./model.ts";
import type { CalicoModel, Dataplane } from "./model.ts";
import { caliDevice } from "./names.ts";
import { overhead } from "./overhead.ts";
import { calicoPath } from "./path.ts";
import { resolveCalico } from "./resolve.ts";
import type { CalicoDocument } from "./resolve.ts";
import { addNodeRoutes } from "./routes.ts";
import { addTunnels } from "./tunnels.ts";
import { VERSION_FACTS } from "./versions.ts";

type Cluster = ClusterModel<CalicoModel>;

const MATCHES: Readonly<Record<Dataplane, readonly Requirement[]>> = {
  Iptables: [
    { use: "Felix' check of sources", feature: "iptables rpfilter", module: "xt_rpfilter" },
    { use: "Felix' rules", feature: "iptables addrtype", module: "xt_addrtype" },
  ],
  Nftables: [{ use: "Felix' check of sources", feature: "nft fib", module: "nft_fib_ipv4" }],
};
/** Policy backend that stands for Felix' own enforcement. */
const OWN_BACKEND = { Iptables: "iptables", Nftables: "nftables" } as const satisfies Record<
  Dataplane,
  PolicyBackendName
>;

export const calico: NetworkPlugin<CalicoDocument, CalicoModel> = {
  name: "calico",
  lesson:
    "Calico routes each pod by a host route over a device cali… that has no address: the pod's gateway is 169.254.1.1, which no device has; the node answers ARP for it. Nodes claim blocks of 64 addresses from an IP pool as they need them. Between nodes a pool's packets take plain routes (BIRD exchanges them by BGP), in IPIP, or in VXLAN; CrossSubnet uses the tunnel between subnets only. Felix writes the routes of tunnels, and chains cali-… for policies and NAT.",
  schema: calicoSchema,
  plain: { plugin: "calico", encapsulation: "None" },
  resolve: resolveCalico,
  ipam: calicoIpam,
  policyApis: ["projectcalico.org"],
  manifests: ["IPPool", "BGPConfiguration", "BGPPeer", "BGPFilter"],
  speakers: calicoSpeakers,
  daemons: ({ bgp }) => (bgp?.daemon === "bird" ? ["bird"] : []),
  programs: ({ bgp }) => ({ names: bgp.daemon === "bird" ? ["bird"] : [], folders: [], package: "bird2" }),
  podDevice: ({ namespace, name }) => caliDevice(namespace, name),
  claimMarks(marks) {
    marks.claim(PORTMAP_MARK);
    claimFelixMarks(marks);
  },
  requirements: ({ pools, linuxDataplane }) => [
    ...MATCHES[linuxDataplane],
    ...(tunnelsOf(pools).some(({ mode }) => mode === "ipip")
      ? [
          {
            use: "Calico's IPIP tunnels (encapsulation VXLAN and None work without)",
            feature: "ipip",
            module: "ipip",
          } as const,
        ]
      : []),
  ],
  // What pods send to their own node passes cali-wl-to-host; what the node sends to its pods is never judged.
  switches: { ...DEFAULT_SWITCHES, nodeAlwaysAllowed: "ingress", sparesInAllTiers: true },
  policyBackend: ({ linuxDataplane = DATAPLANES[0] }) => OWN_BACKEND[linuxDataplane],
  bridged: () => false,
  unnumbered: true,
  overhead,
  nodeDevices: addTunnels,
  nodeRules(cluster: Cluster, node, draft) {
    addNodeRoutes(cluster, node, draft);
    addConflist(cluster, node, draft, podMtu(calico, cluster, node));
    addBirdFiles(cluster, node, draft);
  },
  enforcePolicies(cluster: Cluster, nodes, world) {
    const isOwn = cluster.networkPolicy.backend === OWN_BACKEND[cluster.cni.linuxDataplane];
    for (const node of cluster.nodes) {
      const draft = nodes.get(node.name);
      if (draft !== undefined) addFelixRules(cluster, node, draft, isOwn ? world : undefined);
    }
    return isOwn;
  },
  attachment: (cluster: Cluster, node) =>
    calicoAttachment(node, podMtu(calico, cluster, node), VERSION_FACTS[cluster.cni.version].routeMetric),
  nodeAddresses: (cluster, node) =>
    tunnelsOf(cluster.cni.pools).flatMap(({ device }) => tunnelAddress(cluster, node, device) ?? []),
  hostDevices: (cluster, node) =>
    tunnelsOf(cluster.cni.pools).map(({ device }) => ({
      name: device,
      addresses: [tunnelAddress(cluster, node, device) ?? []].flat(),
    })),
  path: calicoPath,
  tunnelPorts: ({ pools }) => (tunnelsOf(pools).some(({ mode }) => mode === "vxlan") ? [VXLAN_PORT] : []),
};
