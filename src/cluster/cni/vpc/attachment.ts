/**
 * How the VPC CNI attaches pods (aws/amazon-vpc-cni-k8s b5218838, cmd/routed-eni-cni-plugin/driver): a veth, a gateway that no device has
 * and whose MAC is a permanent neighbour, a host route, and rules that send what the pod sends by its own ENI.
 */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import { DEFAULT_ROUTE, HOST_LENGTH, perFamily } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import { macFromName, podMac } from "../../../net/mac.ts";
import { newNeighbour, newPolicyRule, newRoute, newSysctl } from "../../../fabric/specs.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { PodAttachment, PodEnds } from "../plugin.ts";
import { addHostPorts } from "../portmap.ts";
import { branchOf, vlanName } from "./branch.ts";
import { addBranchDevice, addBranchRules } from "./branch-attachment.ts";
import { addEgressDevice, addEgressRules, hasEgress } from "./egress.ts";
import { eniName, eniOfPod, tableOf } from "./eni.ts";
import type { EniModel } from "./eni.ts";
import type { VpcModel } from "./model.ts";
import { MAIN, PRIORITY } from "./names.ts";
import { NETWORK } from "./conflist.ts";

/** As netlink.RouteAdd writes it where nothing else is asked for. */
const PROTOCOL = "boot";
const GATEWAY = { ipv4: "169.254.1.1", ipv6: "fe80::1" } as const satisfies Record<Family, string>;

const single = (address: string, family: Family): string => `${address}/${HOST_LENGTH[family]}`;

/** Random there; here the same on every run. */
const vethMac = (vethName: string, node: string): string => macFromName(node, vethName);

function podSide({ pod, inside }: PodEnds, family: Family, node: ClusterNode): void {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const route = { family, dev: "eth0", protocol: PROTOCOL };
  const gateway = GATEWAY[family];
  inside.add(
    newRoute({
      ...route,
      to: single(gateway, family),
      ...(family === "ipv4" ? { scope: "link" } : {}),
      cause: why("the gateway, which no device has, is on this link"),
    }),
    newRoute({
      ...route,
      to: DEFAULT_ROUTE[family],
      via: gateway,
      cause: why(`everything goes to ${node.name}`),
    }),
    newNeighbour({
      address: gateway,
      mac: vethMac(pod.vethName, node.name),
      dev: "eth0",
      cause: why(`${gateway} is the other end of the veth: no ${family === "ipv4" ? "ARP" : "NDP"} is needed`),
    }),
  );
}

/** `eni`: the one that the pod's address is of. */
function nodeSide({ pod, onNode }: PodEnds, family: Family, address: string, eni: EniModel | undefined): void {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const dev = pod.vethName;
  onNode.add(
    newRoute({
      to: single(address, family),
      family,
      dev,
      ...(family === "ipv4" ? { scope: "link" } : {}),
      protocol: PROTOCOL,
      cause: why("the pod is behind its device"),
    }),
    newPolicyRule({
      family,
      priority: PRIORITY.toPod,
      to: single(address, family),
      table: MAIN,
      cause: why("to the pod: by table main, which has its route, whatever the source"),
    }),
  );
  if (eni === undefined) return;
  onNode.add(
    newNeighbour({
      address,
      dev: eniName(eni),
      cause: why(
        `a VPC knows that ${address} is on this ENI and answers for it with the ENI's MAC; here ${eniName(eni)} itself answers`,
      ),
    }),
  );
  const table = tableOf(eni);
  if (table !== MAIN)
    onNode.add(
      newPolicyRule({
        family,
        priority: PRIORITY.fromPod,
        from: single(address, family),
        table,
        cause: why(`its address is ${eniName(eni)}'s: what it sends leaves there, or the VPC drops it`),
      }),
    );
}

/** setHostVethV6Sysctls; the kernel may have no IPv6. */
const SETTINGS: readonly (readonly [string, string, string])[] = [
  ["accept_ra", "0", "a pod cannot give routes to its node"],
  ["accept_redirects", "1", "as the VPC CNI sets it"],
  ["forwarding", "0", "as the VPC CNI sets it: net.ipv6.conf.all.forwarding decides"],
];

export function vpcAttachment(cluster: ClusterModel<VpcModel>, node: ClusterNode, mtu: number): PodAttachment {
  return {
    devices({ pod, inside, onNode }, links) {
      inside.addInterface({
        name: "eth0",
        mac: podMac(pod.address, pod.ns),
        mtu,
        addresses: perFamily(pod.address).map(([family, address]) => {
          const eni = eniOfPod(cluster.cni, pod);
          const branch = branchOf(cluster.cni, pod);
          const own = branch === undefined ? "" : `, that of its own branch ENI (${branch.groups.join(", ")})`;
          const of = eni === undefined ? own : `, one of ${node.name}'s ${eniName(eni)}`;
          return { address: single(address, family), cause: because(pod.cause, `an address of the VPC${of}`) };
        }),
        cause: because(pod.cause, "the pod's interface"),
      });
      onNode.addInterface({
        name: pod.vethName,
        mac: vethMac(pod.vethName, node.name),
        mtu,
        cause: because(pod.cause, `the pod's end on ${node.name}: its name is a hash of the pod's`),
      });
      links.push({
        endpoints: [
          { node: pod.ns, interface: "eth0" },
          { node: pod.node, interface: pod.vethName },
        ],
        cause: because(pod.cause, `cable from the pod into ${node.name}`),
      });
      const branch = branchOf(cluster.cni, pod);
      if (branch !== undefined) addBranchDevice(branch, { pod, inside, onNode }, node, mtu);
      if (hasEgress(cluster, node)) addEgressDevice(cluster, { pod, inside, onNode }, mtu, links);
    },
    rules(ends) {
      const { pod, onNode } = ends;
      const eni = eniOfPod(cluster.cni, pod);
      const branch = branchOf(cluster.cni, pod);
      const addresses = perFamily(pod.address);
      for (const [family, address] of addresses) {
        podSide(ends, family, node);
        if (branch === undefined) nodeSide(ends, family, address, eni);
      }
      if (branch !== undefined) addBranchRules(cluster.cni, branch, ends);
      for (const dev of [pod.vethName, ...(branch === undefined ? [] : [vlanName(branch)])])
        for (const [key, value, reason] of SETTINGS)
          if (pod.address.ipv6 === undefined || key !== "forwarding")
            onNode.add(
              newSysctl({
                key: `net/ipv6/conf/${dev}/${key}`,
                value,
                optional: true,
                cause: because(pod.cause, reason),
              }),
            );
      if (hasEgress(cluster, node)) addEgressRules(cluster, ends, node);
      const subnets = Object.fromEntries(addresses.map(([family, address]) => [family, single(address, family)]));
      addHostPorts(pod, onNode, { network: NETWORK, device: pod.vethName, subnets });
    },
  };
}
