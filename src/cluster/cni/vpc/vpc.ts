/** The Amazon VPC CNI: pods have addresses of the VPC, on their node's elastic network interfaces. */
import type { ClusterModel } from "../../cluster.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { PORTMAP_MARK } from "../portmap.ts";
import { vpcIpam } from "./addresses.ts";
import { vpcAttachment } from "./attachment.ts";
import { addCheckpoint } from "./checkpoint.ts";
import { groupsOfPod } from "./branch.ts";
import { addBranchPorts } from "./branch-ports.ts";
import { addConflist } from "./conflist.ts";
import { addGateway } from "./gateway.ts";
import { addSecurityGroups } from "./group-rules.ts";
import { vpcSchema } from "./model.ts";
import type { VpcModel } from "./model.ts";
import { hostVethName } from "./names.ts";
import { addNodeRules, connmark, eniUplinks } from "./node-rules.ts";
import { vpcPath } from "./path.ts";
import { addSourceChecks } from "./source-check.ts";
import { furtherSubnets, podRange, resolveVpc } from "./resolve.ts";
import type { VpcDocument } from "./resolve.ts";

type Cluster = ClusterModel<VpcModel>;

const overhead = (): number => 0;

export const vpc: NetworkPlugin<VpcDocument, VpcModel> = {
  name: "vpc",
  lesson:
    "In a VPC pods have addresses of their node's subnet, so nodes need neither an overlay nor routes to the pods of other nodes. A node has several ENIs (eth0, eth1 …), each with secondary addresses or prefixes that ipamd keeps warm. Each pod has a device eni… and the gateway 169.254.1.1, whose MAC is a permanent neighbour. Rules send what a pod sends by the ENI that its address is of (1536); only what leaves the VPC, and answers of node ports, go by eth0: connection mark 0x80, rule 1024, AWS-SNAT-CHAIN-0.",
  schema: vpcSchema,
  plain: { plugin: "vpc" },
  resolve: resolveVpc,
  manifests: ["ENIConfig", "SecurityGroupPolicy"],
  podRange,
  subnets: furtherSubnets,
  ipam: vpcIpam,
  podLimit({ types }, { name }) {
    const capacity = types[name]?.maxPods;
    // aws-node and kube-proxy.
    return capacity === undefined ? undefined : { capacity, used: 2 };
  },
  podDevice(pod, { env, groupPolicies, serviceAccounts }) {
    const isStrict = env.enforcing === "strict" && groupsOfPod(groupPolicies, serviceAccounts, pod).length > 0;
    return hostVethName(isStrict ? "vlan" : env.vethPrefix, pod.namespace, pod.name);
  },
  claimMarks(marks, { env }) {
    marks.claim(PORTMAP_MARK);
    marks.claim(connmark(env));
  },
  requirements: ({ sourceDestCheck }) => [
    ...(sourceDestCheck
      ? [
          {
            use: "a VPC's check of sources (not with sourceDestCheck: false)",
            feature: "nft netdev",
            module: "nf_tables",
          } as const,
        ]
      : []),
    { use: "the VPC CNI's connection marks", feature: "iptables connmark", module: "xt_connmark" },
    { use: "the VPC CNI's rules", feature: "iptables addrtype", module: "xt_addrtype" },
  ],
  // The AWS agent's programs are at the pods' devices, before kube-proxy translates; the node's own address may always come in.
  switches: { ...DEFAULT_SWITCHES, nodeAlwaysAllowed: "ingress", beforeDNAT: true },
  bridged: () => false,
  unnumbered: true,
  overhead,
  nodeDevices() {},
  uplinks: eniUplinks,
  nodeRules(cluster: Cluster, node, draft) {
    addNodeRules(cluster, node, draft);
    addCheckpoint(cluster, node, draft);
    addConflist({ cni: cluster.cni, node, mtu: podMtu({ overhead }, cluster, node) }, draft);
  },
  portRules(cluster: Cluster, node, ports) {
    addBranchPorts(cluster, node, ports);
    addSourceChecks(cluster, node, ports);
    addSecurityGroups(cluster, node, ports);
  },
  routerRules: addGateway,
  attachment: (cluster: Cluster, node) => vpcAttachment(cluster, node, podMtu({ overhead }, cluster, node)),
  nodeAddresses: ({ cni }, node) =>
    cni.enis.filter((eni) => eni.node === node.name && eni.device > 0).flatMap(({ address }) => Object.values(address)),
  path: vpcPath,
  tunnelPorts: () => [],
};
