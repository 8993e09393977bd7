/** Felix' chains in table nat (felix/rules/static.go: StaticNAT*Chains, nat.go). */
import type { Family } from "../../../../net/family.ts";
import { setName } from "../names.ts";
import type { FelixConfig } from "./config.ts";
import { jump, match, RETURN, rule } from "./rule.ts";
import type { FelixAction, FelixChain, FelixMatch, FelixRule } from "./rule.ts";

const MASQUERADE = (ports?: string): FelixAction => ({ does: "masquerade", ports });

export const natPreroutingChain: FelixChain = { name: "cali-PREROUTING", rules: [rule([], jump("cali-fip-dnat"))] };
export const natOutputChain: FelixChain = { name: "cali-OUTPUT", rules: [rule([], jump("cali-fip-dnat"))] };

/** The larger part of the unprivileged ports that leaves out the tunnel's own, to which NOTRACK applies. */
function portsBeside(port: number): string {
  const [low, high] = [1024, 65_535];
  return port - low >= high - port ? `${low}-${port - 1}` : `${port + 1}-${high}`;
}

/** What a node itself sends to pods through a tunnel has the tunnel's address. */
function tunnelMasquerade({ vxlan, vxlanPort, masqueradePorts }: NatConfig, device: string): readonly FelixRule[] {
  const own = [...match.out(device), ...match.notFromOutDevice, ...match.fromLocal];
  return [
    ...(vxlan && masqueradePorts ? [rule([...match.protocol(17), ...own], MASQUERADE(portsBeside(vxlanPort)))] : []),
    rule(own, MASQUERADE()),
  ];
}

interface NatConfig extends Pick<FelixConfig, "vxlan" | "vxlanPort" | "tunnels"> {
  /** Source ports leave out the tunnel's: versions later than 3.31. */
  readonly masqueradePorts: boolean;
}

export function natPostroutingChain(config: NatConfig): FelixChain {
  return {
    name: "cali-POSTROUTING",
    rules: [
      rule([], jump("cali-fip-snat")),
      rule([], jump("cali-nat-outgoing")),
      ...config.tunnels.flatMap((device) => tunnelMasquerade(config, device)),
    ],
  };
}

export interface NatOutgoing {
  /** NATOutgoingAddress: SNAT in place of MASQUERADE. */
  readonly address?: string | undefined;
  /** NATPortRange: `99-100`. */
  readonly ports?: string | undefined;
  /** IptablesNATOutgoingInterfaceFilter. */
  readonly device?: string | undefined;
  /** NATOutgoingExclusions `IPPoolsAndHostIPs`: not towards nodes either. */
  readonly sparesHosts?: boolean | undefined;
  /** The set of pools, whose name was another one before 3.31. */
  readonly poolsSet: string;
}

/** `active`: there is a pool with natOutgoing. */
export function natOutgoingChain(
  active: boolean,
  { address, ports, device, sparesHosts, poolsSet }: NatOutgoing,
  family: Family,
): FelixChain {
  const leaving = (protocol?: string): readonly FelixMatch[] => [
    ...match.inSet(setName("masq-ipam-pools", family), "source"),
    ...match.inSet(setName(poolsSet, family), "destination", true),
    ...(sparesHosts === true ? match.inSet(setName("all-hosts-net", family), "destination", true) : []),
    ...(protocol === undefined ? [] : match.protocol(protocol)),
    ...(device === undefined ? [] : match.out(device)),
  ];
  const host = address !== undefined && address.includes(":") ? `[${address}]` : address;
  const snat = (to: string): FelixAction => ({ does: "snat", to });
  const translate = address === undefined ? MASQUERADE() : snat(address);
  const toPorts =
    ports === undefined ? undefined : address === undefined ? MASQUERADE(ports) : snat(`${host}:${ports}`);
  const rules =
    toPorts === undefined
      ? []
      : ["tcp", "udp"].flatMap((protocol) => [rule(leaving(protocol), toPorts), rule(leaving(protocol), RETURN)]);
  return { name: "cali-nat-outgoing", rules: active ? [...rules, rule(leaving(), translate)] : [] };
}
