/** ICMP that kube-router always lets pass (pkg/utils/iptables.go, CommonICMPRules): type and comment. */
import type { Family } from "../../../../net/family.ts";

interface LetIcmp {
  readonly protocol: string;
  readonly option: string;
  readonly types: readonly (readonly [type: string, comment: string])[];
}

const BOTH = [
  ["echo-request", "allow icmp echo requests"],
  ["destination-unreachable", "allow icmp destination unreachable messages"],
  ["time-exceeded", "allow icmp time exceeded messages"],
] as const;

export const ICMP: Readonly<Record<Family, LetIcmp>> = {
  ipv4: { protocol: "icmp", option: "--icmp-type", types: BOTH },
  ipv6: {
    protocol: "ipv6-icmp",
    option: "--icmpv6-type",
    types: [
      ...BOTH,
      ["neighbor-solicitation", "allow icmp neighbor solicitation messages"],
      ["neighbor-advertisement", "allow icmp neighbor advertisement messages"],
      ["echo-reply", "allow icmp echo reply messages"],
    ],
  },
};
