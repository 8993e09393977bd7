/** The types for following installed rules: a packet, the rules that it meets, and where each possible way ends. */
import { isLoopback } from "../net/special-address.ts";
import type { PodDevices } from "../cluster/pod-devices.ts";
import type { ServicePacket } from "../oracle/service/service-frontend.ts";
import type { Family } from "../net/family.ts";

/** A packet at the node whose rules are read. */
export interface RulePacket extends ServicePacket {
  readonly family: Family;
  /** All addresses of the node (destination type LOCAL), loopback aside. */
  readonly localAddresses: readonly string[];
  /** False: the node's pods are on no bridge. */
  readonly bridged?: boolean | undefined;
  /** Devices of the node's pods, where each pod is routed by its own. */
  readonly podDevices?: PodDevices | undefined;
  /** Where known: the devices that it comes and leaves by, other than those of pods. */
  readonly devices?: { readonly in?: string | undefined; readonly out?: string | undefined } | undefined;
}

/** A rule that the packet matched. */
export interface Step {
  /** iptables: `nat`; nftables: the table's name. */
  readonly table: string;
  readonly chain: string;
  /** Position in its chain. */
  readonly index: number;
  /** As the tool prints it, without `-A CHAIN`. */
  readonly rule: string;
  /** What it did: `-> KUBE-SVC-…`, `DNAT to 10.244.1.2:80`, `mark 0x4000`. */
  readonly effect: string;
  /** The rule's counter so far; absent: it has none. */
  readonly packets?: number | undefined;
}

export type WayEnd =
  | { readonly kind: "endpoint"; readonly endpoint: string; readonly masquerade: boolean }
  | { readonly kind: "reject" | "drop" | "accept" | "none" | "close" };

/** One of the ways that the packet may take; several where rules choose at random. */
export interface Way {
  readonly probability: number;
  readonly steps: readonly Step[];
  readonly end: WayEnd;
}

/** All ways of a packet, and the rules that could not be understood (they were assumed not to match). */
export interface Ways {
  readonly ways: readonly Way[];
  readonly unread: readonly string[];
  /** A rule on the way remembers clients for this many seconds (session affinity). */
  readonly affinitySeconds?: number | undefined;
}

/** The state of a packet on its way through the rules. */
export interface Traveller {
  readonly to: string;
  readonly port: number;
  readonly mark: number;
  /** Translated: `10.244.1.2:80`. */
  readonly endpoint?: string | undefined;
  readonly masquerade: boolean;
  readonly accepted: boolean;
  readonly probability: number;
  readonly steps: readonly Step[];
}

/** How a packet leaves a chain: it continues (`return`), leaves this hook (`accept`), or ends. */
export type Exit = "return" | "accept" | "drop" | "reject";
export interface Arrival {
  readonly traveller: Traveller;
  readonly exit: Exit;
}

export function startTraveller(packet: RulePacket): Traveller {
  return { to: packet.to, port: packet.port, mark: 0, masquerade: false, accepted: false, probability: 1, steps: [] };
}

export function endOf(traveller: Traveller, exit: Exit): Way {
  const { probability, steps, endpoint, masquerade, accepted } = traveller;
  const end: WayEnd =
    exit === "drop" || exit === "reject"
      ? { kind: exit }
      : endpoint === undefined
        ? { kind: accepted ? "accept" : "none" }
        : { kind: "endpoint", endpoint, masquerade };
  return { probability, steps, end };
}

/** The hooks that a packet passes before and after routing, in order. */
export function hooksOf(packet: RulePacket, to: string): readonly ("input" | "forward" | "output" | "postrouting")[] {
  const local = isLocal(packet, to);
  if (packet.from.kind === "node") return ["output", "postrouting", ...(local ? (["input"] as const) : [])];
  return local ? ["input"] : ["forward", "postrouting"];
}

export function isLocal(packet: RulePacket, address: string): boolean {
  return isLoopback(address) || packet.localAddresses.includes(address);
}
