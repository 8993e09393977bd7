/**
 * A VPC's source/destination check: what an ENI sends from an address that is none of its own does not get anywhere. Here the switch
 * port of the ENI does that, before the packet reaches the switch.
 */
import { because } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { canonicalPrefix, familyOf, HOST_LENGTH, perFamily } from "../../../net/families.ts";
import type { NftRule } from "../../../resources/nft-table.ts";
import type { SwitchPort } from "../plugin.ts";
import { TRUNK, vlanName } from "./branch.ts";
import { branchPorts } from "./branch-ports.ts";
import { eniName } from "./eni.ts";
import type { EniModel } from "./eni.ts";
import type { VpcModel } from "./model.ts";

type Cluster = ClusterModel<VpcModel>;

/** Before a frame reaches the bridge. */
const PRIORITY = 0;
const WORDS = { ipv4: "ip saddr", ipv6: "ip6 saddr" } as const;
/** Neighbour discovery speaks from these. */
const LOCAL = ["fe80::/10", "::/128"];

/** Addresses of Services that nodes announce stand for load balancers in front of them. */
export function announced({ services, loadBalancer }: Pick<Cluster, "services" | "loadBalancer">): readonly string[] {
  const external = services.flatMap(({ externalIPs }) => externalIPs);
  return [...loadBalancer.ranges, ...external];
}

function sourcesOf(cluster: Cluster, eni: EniModel): readonly string[] {
  const more = eni.device === 0 ? announced(cluster) : [];
  return [...Object.values(eni.address), ...eni.slots, ...more, ...LOCAL];
}

function prefixes(all: readonly string[]): readonly string[] {
  return [
    ...new Set(all.map((one) => canonicalPrefix(one.includes("/") ? one : `${one}/${HOST_LENGTH[familyOf(one)]}`))),
  ];
}

/** As nft(8) lists it: a single address without its length. */
const element = (prefix: string): string => prefix.replace(familyOf(prefix) === "ipv6" ? /\/128$/ : /\/32$/, "");

export function addSourceChecks(cluster: Cluster, node: ClusterNode, ports: readonly SwitchPort[]): void {
  const { cni } = cluster;
  if (!cni.sourceDestCheck) return;
  const branches = branchPorts(cluster, node, ports);
  const all = [
    ...ports.flatMap((one) => {
      const eni = cni.enis.find((eni) => eni.node === node.name && eniName(eni) === one.device);
      // The device of a trunk sees what its VLANs send as well.
      const more = eni?.device === TRUNK ? branches.map(({ branch }) => branch.address) : [];
      return eni === undefined ? [] : [{ ...one, sources: prefixes([...sourcesOf(cluster, eni), ...more]) }];
    }),
    ...branches.map(({ branch, ...one }) => ({
      ...one,
      device: vlanName(branch),
      sources: prefixes([branch.address, ...LOCAL]),
    })),
  ];
  for (const { device, onSwitch, port, sources } of all) {
    const cause = because(
      cni.cause,
      `source/destination check: a VPC drops what ${node.name}'s ${device} sends from another address than its own and its pods'`,
    );
    const rules = perFamily(node.address).map(([family]): NftRule => {
      const own = sources.filter((one) => familyOf(one) === family).map(element);
      return { text: `${WORDS[family]} != { ${own.join(", ")} } counter drop`, cause };
    });
    onSwitch.add({
      kind: "nft",
      family: "netdev",
      table: `vpc-source-check-${port.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`,
      device: port,
      objects: [
        {
          kind: "chain",
          name: "ingress",
          hook: `type filter hook ingress device "${port}" priority ${PRIORITY}`,
          rules,
        },
      ],
      cause,
    });
  }
}
