/** `spec.cluster.cni` of plugin vpc: what a lab file says, and what it means. */
import type { Cause } from "../../../cause.ts";
import type { CniModel, SchemaWords } from "../plugin.ts";
import type { BranchEni, GroupPolicy } from "./branch.ts";
import type { EniModel } from "./eni.ts";
import { environmentSchema } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { securityGroupsSchema } from "./security-group.ts";
import type { SecurityGroup } from "./security-group.ts";

export const DEFAULT_TYPE = "m5.large";
/** Well-known label of a Node. */
export const TYPE_LABEL = "node.kubernetes.io/instance-type";

export function vpcSchema(words: SchemaWords) {
  const { z, mtu } = words;
  return z.strictObject({
    plugin: z.literal("vpc").describe("Amazon VPC CNI: pods have addresses of their node's subnet, on ENIs"),
    instanceType: z
      .string()
      .optional()
      .describe(`EC2 instance type of nodes without label ${TYPE_LABEL}, default ${DEFAULT_TYPE}`),
    maxPods: z
      .int()
      .min(1)
      .optional()
      .describe(
        "kubelet's --max-pods; default: what the instance type has addresses for, 110 with prefixes. aws-node and kube-proxy are two of them",
      ),
    vpcCIDRs: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Prefixes of the VPC: no NAT within them. Default: the /16 (IPv6: /56) around each subnet"),
    subnets: z
      .record(z.string(), z.string())
      .optional()
      .describe("Further subnets for ENIConfigs, by ID: { subnet-0a1b: 100.64.0.0/24 }"),
    gateway: z
      .enum(["internet", "nat"])
      .optional()
      .describe(
        "internet (default): public subnets, where only primary addresses of nodes get out; nat: private ones, where a NAT gateway translates the others",
      ),
    sourceDestCheck: z
      .boolean()
      .optional()
      .describe("The VPC drops what an ENI sends from an address that is not its own; default true"),
    securityGroups: securityGroupsSchema(words)
      .optional()
      .describe(
        "Security groups by ID, as EC2 has them: { sg-web: { ingress: [{ protocol: tcp, port: 80, from: [sg-client, 10.0.0.0/8] }] } }. Those of ENIConfigs are of further ENIs",
      ),
    nodeSecurityGroups: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Security groups of nodes: of all ENIs that have none of their own. Default: none, and no filter"),
    env: environmentSchema(words).optional().describe("Environment of the DaemonSet aws-node"),
    mtu: mtu.optional().describe("MTU of ENIs and pods; default: the underlay's"),
  });
}

export interface NodeType {
  readonly type: string;
  readonly maxPods: number;
  /** How many branch ENIs it takes; absent: ENABLE_POD_ENI is off. */
  readonly branches?: number | undefined;
  /** Name of the ENIConfig and its subnet's switch, with custom networking. */
  readonly eniConfig?:
    | {
        readonly name: string;
        readonly switch: string;
        /** Security groups. */
        readonly groups: readonly string[];
        readonly cause: Cause;
      }
    | undefined;
}

export interface VpcModel extends CniModel {
  readonly plugin: "vpc";
  /** Canonical prefixes, of both families. */
  readonly vpcCIDRs: readonly string[];
  readonly gateway: "internet" | "nat";
  readonly sourceDestCheck: boolean;
  readonly securityGroups: readonly SecurityGroup[];
  /** Security groups of nodes. */
  readonly nodeGroups: readonly string[];
  readonly groupPolicies: readonly GroupPolicy[];
  /** Labels of ServiceAccounts, by `NAMESPACE/NAME`. */
  readonly serviceAccounts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly env: Environment;
  /** By node. */
  readonly types: Readonly<Record<string, NodeType>>;
  /** Known once pods have addresses. */
  readonly enis: readonly EniModel[];
  readonly branches: readonly BranchEni[];
}
