/**
 * Names that kube-router makes: of tunnels, chains and sets (cloudnativelabs/kube-router 7c2c277, pkg/tunnels/linux_tunnels.go,
 * pkg/controllers/netpol/{policy,pod}.go, pkg/utils/ipset.go).
 */
import { sha256 } from "../../../net/digest.ts";
import type { Family } from "../../../net/family.ts";
import { nameHash } from "../../kube-proxy/chain-names.ts";

/** Of the tunnel to a node: `tun-e443169117a`. `address` may be a prefix. */
export function tunnelName(address: string): string {
  return `tun-${sha256(address.replaceAll(/[.:]/g, "")).toString("hex").slice(0, 11)}`;
}

/** As kube-router puts a family into its hashes. */
const FAMILY = { ipv4: "IPv4", ipv6: "IPv6" } as const satisfies Record<Family, string>;

/**
 * What chain names contain besides their object: with kube-router the nanosecond in which it began to write all rules again, so that
 * they change every time. Here they are those of its tests, and stay.
 */
const SYNC_VERSION = "1";

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export function policyChain({ namespace, name }: ObjectName, family: Family): string {
  return `KUBE-NWPLCY-${nameHash(namespace + name + SYNC_VERSION + FAMILY[family], 16)}`;
}

/** The same in both families. */
export function podChain({ namespace, name }: ObjectName): string {
  return `KUBE-POD-FW-${nameHash(namespace + name + SYNC_VERSION, 16)}`;
}

/** The set as the kernel knows it. */
export function setName(name: string, family: Family): string {
  return family === "ipv6" ? `inet6:${name}` : name;
}

/** `part`: what of the policy the set is for; empty: the pods that it selects. */
export function policySet(
  side: "SRC" | "DST",
  { namespace, name }: ObjectName,
  family: Family,
  part: (family: string) => string = (text) => text,
): string {
  return setName(`KUBE-${side}-${nameHash(namespace + name + part(FAMILY[family]), 16)}`, family);
}

/** With what a rule's place is found again (npc_iptables.go, ensureTopLevelChains): base32 of its words' hash. */
export function positionedComment(chain: string, words: readonly string[], comment: string): string {
  return `${comment} - ${nameHash(chain + words.join(""), 16)}`;
}
