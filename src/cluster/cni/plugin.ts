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
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { PodPool } from "../../kube/pod/ipam.ts";
import type { TopologyLink } from "../../fabric/topology.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { ClusterModel } from "../cluster.ts";
import type { ClusterRanges } from "../ranges.ts";
import type { ClusterDocument } from "../schema.ts";
import type { MarkAllocator } from "../marks.ts";
import type { Requirement } from "../../resources/requirement.ts";
import type { PolicyBackendName } from "../policy/backends.ts";
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
    "array" | "boolean" | "enum" | "int" | "literal" | "number" | "record" | "strictObject" | "string" | "union"
  >;
  readonly mtu: typeof mtu;
  readonly port: typeof port;
}

/** What is known about the cluster when the plugin's settings are resolved. */
export interface NetworkFacts {
  readonly families: readonly Family[];
  readonly nodes: readonly ClusterNode[];
  readonly switches: readonly UnderlaySwitch[];
  /** Underlay MTU in bytes. */
  readonly mtu: number;
}

/** Which addresses nodes have for their pods. */
export interface PodIpam {
  /** Each node's own range, in the order of `doc.nodes`; nothing where the plugin hands out addresses otherwise. */
  nodeRanges(doc: ClusterDocument, ranges: ClusterRanges, scope: Scope): readonly PerFamily<Prefix>[];
  /**
   * Where the pods of each node get their addresses. Made once whenever pods are placed, so that nodes may draw from what they
   * share: blocks that a node claims when it needs one, a ring, slots of interfaces.
   */
  pools(nodes: readonly ClusterNode[], podCIDR: PerFamily<Prefix>): (node: ClusterNode) => PerFamily<PodPool>;
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
interface OwnEngines<M extends CniModel> {
  /** Enforces NetworkPolicies in place of `spec.cluster.networkPolicy`'s backends. */
  enforcePolicies?(cluster: ClusterModel<M>, nodes: ReadonlyMap<string, NodeDraft>): void;
  /** Makes Services in place of kube-proxy. */
  addServices?(cluster: ClusterModel<M>, node: ClusterNode, draft: NodeDraft): void;
}

export interface NetworkPlugin<
  D extends CniDocument = CniDocument,
  M extends CniModel = CniModel,
> extends OwnEngines<M> {
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
  readonly ipam: PodIpam;
  /** Claims the bits of the packet mark that it uses, as long as they are free; kube-proxy has its own already. May throw MarkError. */
  claimMarks(marks: MarkAllocator, cni: M): void;
  /** What it needs of the kernel beyond what every lab does. Looked for before anything is built, and by `doctor LAB`. */
  requirements(cni: M, families: readonly Family[]): readonly Requirement[];
  /** How it differs from others in what NetworkPolicies mean. */
  readonly switches: PolicySwitches;
  /** Policy backend of a cluster that does not choose one; default iptables. */
  readonly policyBackend?: PolicyBackendName | undefined;
  /** Pods of a node are on one bridge: they reach each other without being routed. */
  readonly bridged: boolean;
  /** Bytes that it puts around a pod's packet from node to node. */
  overhead(cni: M, family: Family): number;
  /** Devices and addresses of a node itself. */
  nodeDevices(cluster: ClusterModel<M>, node: ClusterNode, draft: NodeDraft): void;
  /** Routes, neighbours, forwarding entries, rules, settings and files of a node itself. */
  nodeRules(cluster: ClusterModel<M>, node: ClusterNode, draft: NodeDraft): void;
  attachment(cluster: ClusterModel<M>, node: ClusterNode): PodAttachment;
  /** Addresses of a node besides those on the underlay, from which it may send to pods. */
  nodeAddresses(node: ClusterNode): readonly string[];
  /** What happens to a packet between two ends. `from` is in the cluster. */
  path(cluster: ClusterModel<M>, from: Exclude<PathEnd, "outside">, to: PathEnd, family: Family): PodPath;
  /** UDP ports on the underlay that carry VXLAN; captures decode what is inside. */
  tunnelPorts(cni: M): readonly number[];
}
