/** `spec.cluster.cni` of plugin kube-router: what a lab file says, and what it means. Fields are named as kube-router's flags. */
import type { CniModel, SchemaWords } from "../plugin.ts";

export const OVERLAY_TYPES = ["subnet", "full"] as const;
export const OVERLAY_ENCAPS = ["ipip", "fou"] as const;

export function kubeRouterSchema({ z, mtu, port }: SchemaWords) {
  return z.strictObject({
    plugin: z.literal("kube-router").describe("kube-router: routes by BGP, tunnels between subnets, IPVS, policies"),
    enableOverlay: z.boolean().optional().describe("Tunnels to nodes (--enable-overlay), default true"),
    overlayType: z
      .enum(OVERLAY_TYPES)
      .optional()
      .describe("To nodes of other subnets, or to all (--overlay-type), default subnet"),
    overlayEncap: z
      .enum(OVERLAY_ENCAPS)
      .optional()
      .describe("Tunnels of IP in IP, or of GUE in UDP (--overlay-encap), default ipip"),
    overlayEncapPort: port.optional().describe("UDP port of overlayEncap fou (--overlay-encap-port), default 5555"),
    enablePodEgress: z
      .boolean()
      .optional()
      .describe("Masquerade what leaves the cluster (--enable-pod-egress), default true"),
    netpolDefaultDeny: z
      .boolean()
      .optional()
      .describe("Reject pods' packets until their rules are there (--netpol-default-deny), default false"),
    runServiceProxy: z
      .boolean()
      .optional()
      .describe(
        "Services by IPVS, in place of kube-proxy (--run-service-proxy), default false as in kubeadm-kuberouter.yaml",
      ),
    masqueradeAll: z.boolean().optional().describe("Services: masquerade everything (--masquerade-all), default false"),
    hairpinMode: z
      .boolean()
      .optional()
      .describe("Services: each pod reaches itself by its Services (--hairpin-mode), default false"),
    nodeportBindonAllIP: z
      .boolean()
      .optional()
      .describe("Services: node ports on all addresses of a node (--nodeport-bindon-all-ip), default false"),
    strictExternalIPValidation: z
      .boolean()
      .optional()
      .describe("Services: no external address outside of the ranges (--strict-external-ip-validation), default true"),
    serviceExternalIPRange: z
      .array(z.string().max(200))
      .optional()
      .describe("Services: where externalIPs are from (--service-external-ip-range), default none"),
    loadbalancerIPRange: z
      .array(z.string().max(200))
      .optional()
      .describe(
        "Services: where load balancers' addresses are from (--loadbalancer-ip-range), default loadBalancer.cidr",
      ),
    clusterASN: z.int().optional().describe("The AS of all nodes (--cluster-asn), default 64512"),
    nodesFullMesh: z
      .boolean()
      .optional()
      .describe(
        "BGP between all nodes (--nodes-full-mesh), default true; false: between those of one kube-router.io/node.asn",
      ),
    advertisePodCIDR: z
      .boolean()
      .optional()
      .describe("Announce pods to peers outside (--advertise-pod-cidr), default true"),
    advertiseClusterIP: z.boolean().optional().describe("Announce cluster IPs (--advertise-cluster-ip), default false"),
    advertiseExternalIP: z
      .boolean()
      .optional()
      .describe("Announce externalIPs (--advertise-external-ip), default false"),
    advertiseLoadbalancerIP: z
      .boolean()
      .optional()
      .describe("Announce load balancers' addresses (--advertise-loadbalancer-ip), default false"),
    peerRouterIPs: z
      .array(z.string().max(100))
      .optional()
      .describe("BGP peers of all nodes (--peer-router-ips); of one: annotations kube-router.io/peer.ips, peer.asns"),
    peerRouterASNs: z.array(z.int()).optional().describe("Their AS numbers (--peer-router-asns)"),
    mtu: mtu.optional().describe("Pod MTU; default: the MTU of the node's eth0, also with tunnels (--auto-mtu)"),
  });
}

/** How packets get to other nodes' pods. */
export interface Overlay {
  readonly type: (typeof OVERLAY_TYPES)[number];
  /** UDP port of GUE; absent: plain IP in IP. */
  readonly port?: number | undefined;
}

/** The service proxy, which runs in place of kube-proxy. */
export interface RouterProxy {
  /** Each pod reaches itself by its Services. */
  readonly hairpin: boolean;
}

/** Which addresses of Services are served and announced: prefixes. */
export interface ServiceRanges {
  /** None outside of them. */
  readonly strict: boolean;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
}

/** What all nodes have in common. */
export interface RouterBgp {
  /** Of all nodes, with `mesh`. */
  readonly asn: number;
  /** Each node speaks to each other; otherwise those of one AS do. */
  readonly mesh: boolean;
  readonly advertisePods: boolean;
  /** Announced to peers outside of the cluster, unless a Service says otherwise. */
  readonly services: Readonly<Record<"clusterIP" | "externalIP" | "loadBalancerIP", boolean>>;
  /** Peers of all nodes; those of nodes' annotations count where there are none. */
  readonly peers: readonly { readonly address: string; readonly asn: number }[];
}

export interface KubeRouterModel extends CniModel {
  readonly plugin: "kube-router";
  /** Absent: no tunnels. */
  readonly overlay?: Overlay | undefined;
  /** Some packets take a tunnel. */
  readonly tunnels: boolean;
  readonly podEgress: boolean;
  readonly defaultDeny: boolean;
  /** Absent: kube-proxy makes Services. */
  readonly proxy?: RouterProxy | undefined;
  readonly serviceRanges: ServiceRanges;
  readonly bgp: RouterBgp;
}
