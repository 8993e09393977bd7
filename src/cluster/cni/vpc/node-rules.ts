/** What aws-node writes on a node: a routing table per ENI, rules, SNAT and CONNMARK (aws/amazon-vpc-cni-k8s b5218838, pkg/networkutils). */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { DEFAULT_ROUTE, familyOf, HOST_LENGTH, hostAddress, perFamily, withLength } from "../../../net/families.ts";
import { hostMac } from "../../../net/mac.ts";
import { newPolicyRule, newRoute, newRule, newSysctl } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { markMatch, type MarkClaim } from "../../marks.ts";
import type { Uplink } from "../plugin.ts";
import { hasEgress } from "./egress.ts";
import { eniName, tableOf } from "./eni.ts";
import type { EniModel } from "./eni.ts";
import type { Environment } from "./environment.ts";
import { blockNodeLocal, HostTables, setUpHost } from "./host-rules.ts";
import type { VpcModel } from "./model.ts";
import { LOCAL, MAIN, PRIORITY } from "./names.ts";
import { targetText } from "./warm-pool.ts";
import { shapeOf } from "./addresses.ts";

type Cluster = ClusterModel<VpcModel>;

export const connmark = ({ mark }: Environment): MarkClaim => ({
  owner: "VPC CNI",
  bits: mark,
  use: "leaves by the primary ENI",
});

const onNode = ({ cni }: Cluster, node: ClusterNode): readonly EniModel[] =>
  cni.enis.filter((eni) => eni.node === node.name);

/** ENIs besides the primary one. */
export function eniUplinks(cluster: Cluster, node: ClusterNode): readonly Uplink[] {
  const { cni } = cluster;
  const shape = shapeOf(cni, node.name);
  return onNode(cluster, node)
    .filter(({ device }) => device > 0)
    .map((eni) => {
      const { eniConfig } = cni.types[node.name] ?? {};
      const why = (reason: string): Cause => because(eniConfig?.cause ?? cni.cause, reason);
      const kept = shape === undefined ? "" : `; ${targetText(shape)}`;
      return {
        name: eniName(eni),
        switch: eni.switch,
        mac: hostMac(eni.address, `${node.name}/${eniName(eni)}`),
        mtu: cni.mtu ?? node.mtu ?? cluster.mtu,
        addresses: perFamily(eni.address).map(([family, address]) => ({
          address: withLength(address, eni.subnet[family] ?? `${address}/${HOST_LENGTH[family]}`),
          // aws-node deletes the kernel's route: table main knows the subnet by the primary ENI only.
          prefixRoute: false,
          cause: why("the ENI's own address, which no pod gets"),
        })),
        cause: why(`a secondary ENI of ${node.name} with ${eni.slots.length} for pods: ${eni.slots.join(", ")}${kept}`),
      };
    });
}

function addTable(cluster: Cluster, eni: EniModel, draft: NodeDraft): void {
  const table = tableOf(eni);
  const dev = eniName(eni);
  const why = (reason: string): Cause => because(cluster.cni.cause, reason);
  for (const [family, address] of perFamily(eni.address)) {
    const subnet = eni.subnet[family];
    if (subnet === undefined) continue;
    const via = hostAddress(subnet, 1n);
    const route = { family, dev, table, protocol: "boot" };
    draft.add(
      newRoute({
        ...route,
        to: `${via}/${HOST_LENGTH[family]}`,
        scope: "link",
        cause: why(`${dev}'s own table: the subnet's router is its only neighbour`),
      }),
      newRoute({ ...route, to: DEFAULT_ROUTE[family], via, cause: why(`${dev}'s own table: everything by ${dev}`) }),
      newPolicyRule({
        family,
        priority: PRIORITY.eni,
        from: `${address}/${HOST_LENGTH[family]}`,
        table,
        cause: why(`what has ${dev}'s own address as its source leaves by ${dev}`),
      }),
    );
  }
}

/** Several ENIs on one subnet: a VPC answers ARP for an address with the MAC of the ENI that has it, and no other. */
function addSettings({ cni }: Cluster, enis: readonly EniModel[], draft: NodeDraft): void {
  const set = (key: string, value: string, reason: string, optional = false): void =>
    draft.addSysctlOnce(
      newSysctl({ key, value, ...(optional ? { optional } : {}), cause: because(cni.cause, reason) }),
    );
  const { env } = cni;
  if (!env.ipv6)
    set("net/ipv4/conf/eth0/rp_filter", "2", "loose: answers to pods of other ENIs come in by eth0 as well");
  set("net/ipv4/tcp_early_demux", env.earlyDemux ? "1" : "0", "DISABLE_TCP_EARLY_DEMUX", true);
  for (const eni of enis) {
    const dev = eniName(eni);
    if (env.ipv6) {
      set(`net/ipv6/conf/${dev}/proxy_ndp`, "1", "it answers for its pods, in place of the VPC");
      continue;
    }
    set(`net/ipv4/conf/${dev}/arp_ignore`, "1", "no answers for addresses of other ENIs: a VPC has none either");
    set(`net/ipv4/neigh/${dev}/proxy_delay`, "0", "it answers for its pods at once, in place of the VPC");
  }
}

function addRules({ cni, nodes }: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const { env, vpcCIDRs } = cni;
  const why = (reason: string): Cause => because(cni.cause, reason);
  const family = env.ipv6 ? "ipv6" : "ipv4";
  if (env.nodePorts || !env.externalSNAT)
    draft.add(
      newPolicyRule({
        family,
        priority: PRIORITY.mark,
        fwmark: markMatch(connmark(env)),
        table: MAIN,
        cause: why("marked: it leaves by the primary ENI, whichever ENI the pod's address is of"),
      }),
    );
  if (env.podEni && env.enforcing === "strict")
    draft.add(
      newPolicyRule({
        family,
        priority: PRIORITY.local,
        table: LOCAL,
        movedFrom: 0,
        cause: why("strict: rules of branch ENIs come before the node's own addresses"),
      }),
    );
  for (const to of env.serviceCIDRs)
    draft.add(
      newPolicyRule({
        family: "ipv4",
        priority: PRIORITY.services,
        to,
        table: MAIN,
        cause: why("AWS_EXTERNAL_SERVICE_CIDRS"),
      }),
    );
  const tables = new HostTables();
  const address = node.address.ipv4;
  if (env.ipv6) {
    if (hasEgress({ cni }, node)) blockNodeLocal(tables, "ipv4");
  } else if (address !== undefined && nodes.length > 0)
    setUpHost(tables, {
      ...env,
      vpcCIDRs: vpcCIDRs.filter((cidr) => familyOf(cidr) === "ipv4"),
      ipv6Egress: false,
      device: "eth0",
      address,
    });
  for (const rules of tables.chains.values())
    draft.addRules(
      "cni",
      rules.map(({ table, chain, words, reason }) => newRule("ipv4", table, chain, words, why(reason))),
    );
}

export function addNodeRules(cluster: Cluster, node: ClusterNode, draft: NodeDraft): void {
  const enis = onNode(cluster, node);
  addRules(cluster, node, draft);
  addSettings(cluster, enis, draft);
  for (const eni of enis) if (eni.device > 0) addTable(cluster, eni, draft);
}
