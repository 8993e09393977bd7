/**
 * Faults that are rules about packets: an nftables table of their own in the family netdev, hooked where a device takes
 * packets in and gives them out, before and after everything that the lab's own rules see (nft(8), "NETDEV ADDRESS FAMILY").
 */
import { isNetns } from "../resources/netns/definition.ts";
import { identified } from "../resources/resource-id.ts";
import type { NftChain } from "../resources/nft-table.ts";
import type { NftResource } from "../resources/nft/definition.ts";
import type { Resource } from "../resources/resource.ts";
import type { FaultScene } from "./kind.ts";
import { devicesAt, machineOf, type FaultPlace } from "./places.ts";

export type Direction = "in" | "out";
export const DIRECTIONS = ["in", "out"] as const;

/** Before all others: NF_IP_PRI_RAW_BEFORE_DEFRAG is -450. */
const PRIORITY = -500;
const HOOK = { in: "ingress", out: "egress" } as const satisfies Record<Direction, string>;

/**
 * The end of a rule whose packets are lost. What is dropped on its way out is an error of the sender's call (ENOBUFS), and TCP
 * notices at once; a wire says nothing. So it goes to lo, for a MAC that no device has, where the kernel throws it away.
 */
export const LOSE = {
  in: "counter drop",
  out: 'counter ether daddr set 02:00:00:00:00:00 fwd to "lo"',
} as const satisfies Record<Direction, string>;

/** Names of nftables: letters, digits, `-` and `_`. */
export function tableName(id: string): string {
  return `fault-${id.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
}

interface PacketRules {
  /** Rules for packets in this direction; none where it is not concerned. */
  readonly rules: (direction: Direction) => readonly string[];
  readonly sets?: NftResource["objects"] | undefined;
}

/** One table per device: it goes with the device, and the others stay. */
export function withPacketRules(
  place: FaultPlace,
  { resources, id, cause }: FaultScene,
  { rules, sets = [] }: PacketRules,
): readonly Resource[] {
  const node = machineOf(resources, place.ns);
  const tables = devicesAt(place, resources).map((device) => {
    const chains = DIRECTIONS.flatMap((direction): NftChain[] => {
      const texts = rules(direction);
      if (texts.length === 0) return [];
      const hook = `type filter hook ${HOOK[direction]} device "${device}" priority ${PRIORITY}`;
      return [{ kind: "chain", name: direction, hook, rules: texts.map((text) => ({ text, cause })) }];
    });
    const table = `${tableName(id)}-${device.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
    const { ns } = place;
    return identified<"nft">({
      kind: "nft",
      family: "netdev",
      ns,
      node,
      cause,
      table,
      device,
      objects: [...sets, ...chains],
    });
  });
  return [...resources, ...tables];
}

/** A table of the usual hooks in a namespace. */
export function withTable(
  ns: string,
  { resources, id, cause }: FaultScene,
  objects: NftResource["objects"],
): readonly Resource[] {
  if (!resources.some((one) => isNetns(one) && one.ns === ns)) return resources;
  const node = machineOf(resources, ns);
  const table = tableName(id);
  return [...resources, identified<"nft">({ kind: "nft", family: "inet", ns, node, cause, table, objects })];
}
