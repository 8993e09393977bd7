/**
 * What a network plugin is: everything specific to one of them is behind this contract, in a folder of its own
 * beside this file. The compiler, the oracles, checks and captures use it; they do not know any by name.
 */
import type * as z from "zod";
import type { mtu, port } from "../../syntax/scalar.ts";
import type { Cause } from "../../cause.ts";
import type { Family, PerFamily } from "../../net/family.ts";
import type { Prefix } from "../../net/address.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { ClusterNode, UnderlaySwitch } from "../../kube/node/cluster-node.ts";
import type { IpPoolInput } from "../../kube/ip-pool/ip-pool.ts";
import type { PodIdentity, PodModel } from "../../kube/pod/pod-model.ts";
import type { ServiceAccountModel } from "../../kube/calico/calico-policy.ts";
import type { SecurityGroupPolicyInput } from "../../kube/security-group-policy/security-group-policy.ts";
import type { KubeProxySpec, ServiceModel } from "../../kube/service/service.ts";
import type { EniConfigInput } from "../../kube/eni-config/eni-config.ts";
import type { NodePool, PodPool } from "../../kube/pod/ipam.ts";
import type { PodLimit } from "../../kube/scheduler/pod-limit.ts";
import type { Device } from "../../fabric/device.ts";
import type { TopologyLink } from "../../fabric/topology.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { BgpObjects } from "../../kube/calico/bgp-objects.ts";
import type { BgpSpeaker } from "../bgp/model.ts";
import type { RouterBgp } from "../bgp/routers.ts";
import type { ClusterModel, Internet } from "../cluster.ts";
import type { ProxyMode } from "../kube-proxy/mode.ts";
import type { ClusterRanges } from "../ranges.ts";
import type { ClusterDocument } from "../schema.ts";
import type { MarkAllocator } from "../marks.ts";
import type { Requirement } from "../../resources/requirement.ts";
import type { PolicyBackendName } from "../policy/backends.ts";
import type { HostDevice } from "../policy/host-endpoints.ts";
import type { PolicyWorld } from "../policy/policy-world.ts";
import type { PolicySwitches } from "../policy/switches.ts";

/** The common fields of `spec.cluster.cni`, as in the lab file. */
export interface CniDocument {
  /** Default flannel. */
  readonly plugin?: string | undefined;
  /** Pod MTU in bytes. */
  readonly mtu?: number | undefined;
}

/** `spec.cluster.cni` with defaults filled. Plain data: it is kept with the lab. Each plugin adds its own fields. */
export interface CniModel {
  readonly plugin: string;
  /** Pod MTU in bytes; absent: what fits into the node's uplink. */
  readonly mtu?: number | undefined;
  readonly cause: Cause;
}

/** What a plugin's schema is made with. Passed in, so that code that only builds a network does not load zod. */
export interface SchemaWords {
  /** Named one by one: zod handed over as a whole would be bundled as a whole, with its languages. */
  readonly z: Pick<
    typeof z,
    | "array"
    | "boolean"
    | "enum"
    | "int"
    | "literal"
    | "number"
    | "record"
    | "strictObject"
    | "string"
    | "union"
    | "unknown"
  >;
  readonly mtu: typeof mtu;
  readonly port: typeof port;
}

/** What is known about the cluster when the plugin's settings are resolved. */
export interface NetworkFacts {
  readonly families: readonly Family[];
  readonly nodes: readonly ClusterNode[];
  readonly switches: readonly UnderlaySwitch[];
  /** The pod network as a whole. */
  readonly podCIDR: PerFamily<Prefix>;
  /** IPPool manifests. */
  readonly ipPools: readonly IpPoolInput[];
  /** kube-proxy of the nodes that have no settings of their own. */
  readonly kubeProxy: KubeProxySpec;
  /** ENIConfig manifests. */
  readonly eniConfigs: readonly EniConfigInput[];
  /** SecurityGroupPolicy manifests. */
  readonly securityGroupPolicies: readonly SecurityGroupPolicyInput[];
  readonly serviceAccounts: readonly ServiceAccountModel[];
  /** Places of nodes in the lab file, by name. */
  readonly places: ReadonlyMap<string, Scope>;
  /** BGPConfiguration, BGPPeer and BGPFilter manifests. */
  readonly bgp: BgpObjects;
  /** The router has routes to pods. */
  readonly flat: boolean;
  /** The router speaks BGP. */
  readonly routerBgp?: RouterBgp | undefined;
  readonly internet: Internet;
  /** Underlay MTU in bytes. */
  readonly mtu: number;
  /** Addresses for Services of type LoadBalancer. */
  readonly loadBalancer: readonly Prefix[];
}

/** A subnet on which no node has its own address. */
export interface FurtherSubnet {
  readonly prefixes: PerFamily<Prefix>;
  readonly scope: Scope;
}

/** The nodes' subnets, for plugins whose pods have addresses of them. */
export interface Underlay {
  readonly switches: readonly UnderlaySwitch[];
  /** A subnet's addresses, by its switch. */
  pools(name: string): PerFamily<NodePool>;
  /** Ranges for load balancers. */
  readonly reserved: readonly Prefix[];
}

/** A further interface of a node on the underlay, besides eth0. */
export interface Uplink extends Device {
  /** Name of the switch. */
  readonly switch: string;
}

/** The switch's end of a node's cable. */
export interface SwitchPort {
  /** The node's device. */
  readonly device: string;
  readonly onSwitch: NodeDraft;
  readonly port: string;
}

/** Where the pods of each node get their addresses, and what came of it. */
export interface PodAddresses<M extends CniModel = CniModel> {
  of(node: ClusterNode): PerFamily<PodPool>;
  /** For pods whose addresses are not of what their node has for all; undefined: they are. */
  ofPod?(node: ClusterNode, pod: PodIdentity): PerFamily<PodPool> | undefined;
  /** Settings that say what was allocated, once all pods have addresses. Absent: nothing of it is kept. */
  settled?(): Partial<M>;
}

/** Which addresses nodes have for their pods. */
export interface PodIpam<M extends CniModel = CniModel> {
  /** Each node's own range, in the order of `doc.nodes`; nothing where the plugin hands out addresses otherwise. */
  nodeRanges(doc: ClusterDocument, ranges: ClusterRanges, scope: Scope): readonly PerFamily<Prefix>[];
  /**
   * Made once whenever pods are placed, so that nodes may draw from what they share: blocks that a node claims when it needs one, a
   * ring, slots of interfaces. `before`: the settings of the running lab.
   */
  pools(
    nodes: readonly ClusterNode[],
    podCIDR: PerFamily<Prefix>,
    cni: M,
    before: M | undefined,
    underlay: Underlay,
  ): PodAddresses<M>;
}

/** Where a pod is attached to its node. */
export interface PodEnds {
  readonly pod: PodModel;
  /** The pod's namespace. */
  readonly inside: NodeDraft;
  readonly onNode: NodeDraft;
}

/** How the pods of one node are attached. Made once per node, which may have hundreds. */
export interface PodAttachment {
  /** Devices, addresses and the cable of a pod. */
  devices(ends: PodEnds, links: TopologyLink[]): void;
  /** Routes, rules and settings that come with a pod, on both of its ends. */
  rules(ends: PodEnds): void;
}

/** One end of a packet's way: a pod, or with `pod` absent its node itself; `outside` is everything that is neither a node nor a pod. */
export type PathEnd =
  | { readonly node: ClusterNode; readonly pod?: { readonly address: PerFamily<string> } | undefined }
  | "outside";

/** What the network does to a packet on its way. */
export interface PodPath {
  /** Device whose tunnel carries it from node to node. */
  readonly tunnel?: { readonly device: string; readonly overhead: number } | undefined;
  /** Address that the other end sees as the source. */
  readonly source: string;
  /** The source is replaced by the node's on the way. */
  readonly masquerades: boolean;
  /** Largest packet that gets through, in bytes. */
  readonly mtu: number;
}

/** What some plugins do themselves; otherwise the generic engines do it. */
interface OwnEngines<D extends CniDocument, M extends CniModel> {
  /**
   * Its own way of enforcing policies, called once everything else is on the nodes, also where there are none. Returns whether it
   * does; false leaves them to the backend of `spec.cluster.networkPolicy`.
   */
  enforcePolicies?(cluster: ClusterModel<M>, nodes: ReadonlyMap<string, NodeDraft>, world: PolicyWorld): boolean;
  /** Makes Services in place of kube-proxy. */
  readonly serviceProxy?: ServiceProxy<D, M> | undefined;
}

/** A plugin's own proxy for Services. */
export interface ServiceProxy<D extends CniDocument = CniDocument, M extends CniModel = CniModel> {
  readonly mode: ProxyMode;
  /** Its settings; undefined: it is off, and kube-proxy runs. */
  settings(doc: D): Omit<KubeProxySpec, "mode" | "cause"> | undefined;
  /** Services as it understands them: with annotations of its own, without addresses that it does not serve. */
  services(cluster: Pick<ClusterModel<M>, "cni" | "services">): readonly ServiceModel[];
}

/** Plugins whose pods are on the underlay: with addresses of the nodes' subnets, reached there by everything without further routes. */
interface UnderlayPods<D extends CniDocument = CniDocument, M extends CniModel = CniModel> {
  /** The range that all of these addresses are of; podCIDR is not used then. `subnets`: of nodes. Absent: pods have podCIDR. */
  podRange?(doc: D, subnets: readonly PerFamily<Prefix>[]): PerFamily<Prefix>;
  /** Subnets besides those that nodes are on. `scope`: of `cni`. */
  subnets?(doc: D, scope: Scope): readonly FurtherSubnet[];
  uplinks?(cluster: ClusterModel<M>, node: ClusterNode): readonly Uplink[];
  /** What the underlay does with what a node sends. */
  portRules?(cluster: ClusterModel<M>, node: ClusterNode, ports: readonly SwitchPort[]): void;
  /** What the underlay's own router does besides forwarding; `devices`: its legs, by switch. */
  routerRules?(cluster: ClusterModel<M>, router: NodeDraft, devices: ReadonlyMap<string, string>): void;
}

export interface NetworkPlugin<D extends CniDocument = CniDocument, M extends CniModel = CniModel>
  extends OwnEngines<D, M>, UnderlayPods<D, M> {
  /** As `plugin` in the lab file. */
  readonly name: string;
  /** What it is, for learners: how it connects pods. */
  readonly lesson: string;
  /** Strict object with `plugin: z.literal(name)`. */
  schema(words: SchemaWords): z.ZodObject;
  /** Settings with which a node sends to pods from its own address, as policies for node addresses expect. */
  readonly plain: D;
  /** Fills defaults and judges the settings, with positions: what gets through here can be built. `scope`: of `cni`. */
  resolve(doc: D, facts: NetworkFacts, scope: Scope): M;
  readonly ipam: PodIpam<M>;
  /** How many pods the kubelet of a node takes; absent: no limit. */
  podLimit?(cni: M, node: ClusterNode): PodLimit | undefined;
  /** The device of a pod on its node; absent: `veth` and a hash. */
  podDevice?(pod: PodIdentity, cni: M): string;
  /** Kinds of manifests that are settings of it. */
  readonly manifests?: readonly string[] | undefined;
  /** Its nodes as BGP speakers, in the cluster's order, always the same ones for a cluster; absent: they speak none. */
  speakers?(cluster: ClusterModel<M>): readonly BgpSpeaker[];
  /** Real daemons that it runs on nodes with these settings: `bird`. Absent: none. */
  daemons?(doc: D): readonly string[];
  /** API groups of policies that it enforces besides Kubernetes' own: manifests of others are left out, and said to be. */
  readonly policyApis?: readonly string[] | undefined;
  /** Programs that it calls decide what is made for a pod, and its addresses: in a running lab that is observed and adopted. */
  readonly external?: true | undefined;
  /** Claims the bits of the packet mark that it uses, as long as they are free; kube-proxy has its own already. May throw MarkError. */
  claimMarks(marks: MarkAllocator, cni: M): void;
  /** What it needs of the kernel beyond what every lab does. Looked for before anything is built, and by `doctor LAB`. */
  requirements(cni: M, families: readonly Family[]): readonly Requirement[];
  /** Programs that it calls, and the package that has them: one of the folders must have each; without folders PATH. */
  programs?(cni: M): {
    readonly names: readonly string[];
    readonly folders: readonly string[];
    readonly package: string;
  };
  /** How it differs from others in what NetworkPolicies mean. */
  readonly switches: PolicySwitches;
  /** It enforces NetworkPolicies, and knows no policies for whole clusters. */
  readonly ignoresClusterPolicies?: true | undefined;
  /** Policy backend of a cluster that does not choose one; default iptables. */
  policyBackend?(doc: D): PolicyBackendName;
  /** Pods of a node are on one bridge: they reach each other without being routed. */
  bridged(cni: M): boolean;
  /** The host ends of pods' devices have no IPv4 address: iptables' REDIRECT finds none to lead to. */
  readonly unnumbered?: true | undefined;
  /** Bytes that it puts around a pod's packet from node to node. */
  overhead(cni: M, family: Family): number;
  /** Devices and addresses of a node itself. */
  nodeDevices(cluster: ClusterModel<M>, node: ClusterNode, draft: NodeDraft): void;
  /** Routes, neighbours, forwarding entries, rules, settings and files of a node itself. */
  nodeRules(cluster: ClusterModel<M>, node: ClusterNode, draft: NodeDraft): void;
  attachment(cluster: ClusterModel<M>, node: ClusterNode): PodAttachment;
  /** Addresses of a node besides those on the underlay, from which it may send to pods. */
  nodeAddresses(cluster: ClusterModel<M>, node: ClusterNode): readonly string[];
  /** Devices of a node besides its uplink and those of its pods, with their addresses: policies of host endpoints know them. */
  hostDevices?(cluster: ClusterModel<M>, node: ClusterNode): readonly HostDevice[];
  /** What happens to a packet between two ends. `from` is in the cluster. */
  path(cluster: ClusterModel<M>, from: Exclude<PathEnd, "outside">, to: PathEnd, family: Family): PodPath;
  /** UDP ports on the underlay that carry VXLAN; captures decode what is inside. */
  tunnelPorts(cni: M): readonly number[];
}
