/**
 * Branch ENIs: pods that a SecurityGroupPolicy selects have an ENI of their own, a VLAN of their node's trunk ENI
 * (aws/amazon-vpc-resource-controller-k8s b8d4251, pkg/provider/branch; pkg/utils/helper.go).
 */
import { formatAddress } from "../../../net/address.ts";
import type { Address } from "../../../net/address.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import type { PerFamily } from "../../../net/family.ts";
import { namespacedName } from "../../../net/object-ref.ts";
import type { PodPool } from "../../../kube/pod/ipam.ts";
import type { PodIdentity, PodModel } from "../../../kube/pod/pod-model.ts";
import { labelSelector, matches } from "../../../kube/label-selector.ts";
import type { LabelSelectorDocument } from "../../../kube/label-selector-schema.ts";
import type { EniPlace } from "./ipamd.ts";

/** Device number of a node's trunk ENI, which is attached as soon as the node is there. */
export const TRUNK = 1;
/** VLAN IDs of a trunk are below (MaxAllocatableVlanIds). */
const VLANS = 121;

/** Plain data: it is kept with the lab. */
export interface BranchEni {
  readonly node: string;
  /** `NAMESPACE/NAME`. */
  readonly pod: string;
  readonly vlan: number;
  readonly address: string;
  readonly subnet: PerFamily<string>;
  readonly groups: readonly string[];
}

/** Who has branch ENIs, and with which security groups. */
export interface GroupPolicy {
  readonly namespace: string;
  readonly podSelector?: LabelSelectorDocument | undefined;
  readonly serviceAccountSelector?: LabelSelectorDocument | undefined;
  readonly groups: readonly string[];
}

export const vlanName = ({ vlan }: Pick<BranchEni, "vlan">): string => `vlan.eth.${vlan}`;
export const branchTable = ({ vlan }: Pick<BranchEni, "vlan">): number => 100 + vlan;

/** `accounts`: labels of ServiceAccounts, by `NAMESPACE/NAME`. */
export function groupsOfPod(
  policies: readonly GroupPolicy[],
  accounts: Readonly<Record<string, Readonly<Record<string, string>>>>,
  { namespace, labels, serviceAccount = "default" }: PodIdentity,
): readonly string[] {
  const account = accounts[`${namespace}/${serviceAccount}`] ?? {};
  const selecting = policies.filter(
    (one) =>
      one.namespace === namespace &&
      (one.podSelector === undefined || matches(labelSelector(one.podSelector), labels)) &&
      (one.serviceAccountSelector === undefined || matches(labelSelector(one.serviceAccountSelector), account)),
  );
  return [...new Set(selecting.flatMap(({ groups }) => groups))];
}

export function branchOf(
  { branches }: { readonly branches: readonly BranchEni[] },
  { address }: Pick<PodModel, "address">,
): BranchEni | undefined {
  return branches.find((one) => one.address === address.ipv4);
}

export interface BranchNode {
  readonly name: string;
  readonly type: string;
  readonly most: number;
  /** The trunk's; undefined: custom networking finds no ENIConfig. */
  readonly at: EniPlace | undefined;
}

/** One node's. */
export class Branches {
  readonly #node: BranchNode;
  readonly #before: readonly BranchEni[];
  readonly #made: BranchEni[] = [];

  /** `before`: of the running lab. */
  constructor(node: BranchNode, before: readonly BranchEni[] = []) {
    this.#node = node;
    this.#before = before.filter((one) => one.node === node.name);
  }

  get all(): readonly BranchEni[] {
    return this.#made;
  }

  #add(pod: PodIdentity, address: Address, vlan: number, groups: readonly string[]): void {
    const { name: node, at } = this.#node;
    this.#made.push({
      node,
      pod: namespacedName(pod),
      vlan,
      address: formatAddress(address),
      subnet: at?.subnet ?? {},
      groups,
    });
  }

  /** The pod's single address: as before, or a new one. */
  pool(pod: PodIdentity, groups: readonly string[]): PodPool {
    const { name, type, most, at } = this.#node;
    const kept = this.#before.find((one) => one.pod === namespacedName(pod));
    const next = (): Address | undefined => {
      const used = new Set([...this.#made, ...this.#before].map(({ vlan }) => vlan));
      const vlan = Array.from({ length: VLANS - 1 }, (_, i) => i + 1).find((one) => !used.has(one));
      if (vlan === undefined || this.#made.length >= most) return undefined;
      const address = at?.space.address(name);
      if (address !== undefined) this.#add(pod, address, vlan, groups);
      return address;
    };
    const limit = most === 0 ? `${type} takes no trunk ENI` : `${type} takes ${most} branch ENIs`;
    return {
      has: (address) => kept?.address === formatAddress(address),
      take: (address, who) => {
        const block = { ...address, length: HOST_LENGTH[address.family] };
        if (kept === undefined || at?.space.take(block, who) !== true) return "another";
        this.#add(pod, address, kept.vlan, groups);
        return undefined;
      },
      skipTo() {},
      next,
      last: next,
      text: name,
      shortage: {
        message: `${name}: Insufficient vpc.amazonaws.com/pod-eni: ${limit}`,
        hint: "choose a type that takes more, m5.large for example, or another node",
      },
    };
  }
}
