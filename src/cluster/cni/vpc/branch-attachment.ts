/** A pod on its branch ENI (aws/amazon-vpc-cni-k8s b5218838, cmd/routed-eni-cni-plugin/driver: SetupBranchENIPodNetwork). */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import { typedSpecs } from "../../../fabric/device.ts";
import { newNeighbour, newPolicyRule, newRoute, newSysctl } from "../../../fabric/specs.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { DEFAULT_ROUTE, hostAddress } from "../../../net/families.ts";
import { hostMac } from "../../../net/mac.ts";
import type { PodEnds } from "../plugin.ts";
import { branchTable, TRUNK, vlanName } from "./branch.ts";
import type { BranchEni } from "./branch.ts";
import { eniName } from "./eni.ts";
import type { VpcModel } from "./model.ts";
import { MAIN, PRIORITY } from "./names.ts";

export function addBranchDevice(branch: BranchEni, { pod, onNode }: PodEnds, node: ClusterNode, mtu: number): void {
  const trunk = eniName({ device: TRUNK });
  onNode.addAll(
    typedSpecs({
      kind: "vlan",
      type: "vlan",
      name: vlanName(branch),
      link: trunk,
      data: { protocol: "802.1Q", id: branch.vlan },
      mac: hostMac({ ipv4: branch.address }, `${node.name}/${vlanName(branch)}`),
      mtu,
      addresses: [],
      cause: because(pod.cause, `the pod's branch ENI: VLAN ${branch.vlan} of the trunk ${trunk}`),
    }),
  );
}

export function addBranchRules({ env }: Pick<VpcModel, "env">, branch: BranchEni, { pod, onNode }: PodEnds): void {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const [vlan, veth, table] = [vlanName(branch), pod.vethName, branchTable(branch)];
  const single = `${branch.address}/32`;
  const gateway = hostAddress(branch.subnet.ipv4 ?? single, 1n);
  const isStrict = env.enforcing === "strict";
  const route = { family: "ipv4", protocol: "boot" } as const;
  const rule = (words: Omit<Parameters<typeof newPolicyRule>[0], "family" | "cause">, reason: string): void =>
    onNode.add(newPolicyRule({ family: "ipv4", ...words, cause: why(reason) }));
  onNode.add(
    newRoute({
      ...route,
      to: `${gateway}/32`,
      dev: vlan,
      scope: "link",
      table,
      cause: why(`the branch ENI's own table: the subnet's router is its only neighbour`),
    }),
    newRoute({
      ...route,
      to: DEFAULT_ROUTE.ipv4,
      via: gateway,
      dev: vlan,
      table,
      cause: why("the branch ENI's own table: everything by it, where security groups are asked"),
    }),
    newRoute({
      ...route,
      to: single,
      dev: veth,
      scope: "link",
      table: isStrict ? table : MAIN,
      cause: why(isStrict ? "only what came in by the branch ENI gets to the pod" : "the pod is behind its device"),
    }),
    newNeighbour({
      address: branch.address,
      dev: vlan,
      cause: why(`a VPC knows that ${branch.address} is on this ENI and answers for it; here ${vlan} itself answers`),
    }),
    newSysctl({
      key: `net/ipv4/conf/${vlan}/arp_ignore`,
      value: "1",
      cause: why("no answers for addresses of other ENIs: a VPC has none either"),
    }),
    newSysctl({
      key: `net/ipv4/neigh/${vlan}/proxy_delay`,
      value: "0",
      cause: why("it answers for its pod at once, in place of the VPC"),
    }),
  );
  if (isStrict) {
    rule({ priority: PRIORITY.branch, iif: vlan, table }, "strict: what came in by the branch ENI goes to its pod");
    rule(
      { priority: PRIORITY.branch, iif: veth, table },
      "strict: whatever the pod sends leaves by its branch ENI, also to its own node",
    );
    return;
  }
  rule(
    { priority: PRIORITY.toPod, to: single, table: MAIN },
    "standard: pods of the node reach it without its branch ENI",
  );
  rule({ priority: PRIORITY.fromPod, from: single, table }, "standard: what leaves the node leaves by the branch ENI");
}
