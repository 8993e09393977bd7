/** Elastic network interfaces of nodes: which addresses each has, and which one a pod's address is of. */
import { prefixContains } from "../../../net/address.ts";
import { modelPrefix } from "../../../net/families.ts";
import { perObject } from "../../../memo.ts";
import { parseAddress } from "../../../net/address.ts";
import type { PerFamily } from "../../../net/family.ts";
import type { PodModel } from "../../../kube/pod/pod-model.ts";
import { eniTable } from "./names.ts";

/** Plain data: it is kept with the lab. */
export interface EniModel {
  readonly node: string;
  /** Device number: 0 is the primary ENI, eth0. */
  readonly device: number;
  /** Its own, on which the node itself is reached. */
  readonly address: PerFamily<string>;
  readonly subnet: PerFamily<string>;
  /** The subnet's switch, as UnderlaySwitch has it. */
  readonly switch: string;
  /** For pods: secondary addresses (/32) or prefixes (/28, /80), in the order in which the ENI got them. */
  readonly slots: readonly string[];
}

export const eniName = ({ device }: Pick<EniModel, "device">): string => `eth${device}`;

/** Routing table of what its pods send. */
export const tableOf = ({ device }: Pick<EniModel, "device">): number => eniTable(device);

const slotsOf = perObject((enis: readonly EniModel[]) =>
  enis.flatMap((eni) => eni.slots.map((slot) => ({ eni, prefix: modelPrefix(slot) }))),
);

/** The ENI that a pod's address is of; undefined where there is none yet. */
export function eniOfPod(
  { enis }: { readonly enis: readonly EniModel[] },
  { address }: Pick<PodModel, "address">,
): EniModel | undefined {
  const parsed = parseAddress(address.ipv4 ?? address.ipv6 ?? "");
  if (parsed === undefined) return undefined;
  return slotsOf(enis).find(({ prefix }) => prefixContains(prefix, parsed))?.eni;
}
