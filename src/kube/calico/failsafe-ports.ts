/** Ports of host endpoints that policies cannot cut off (felix/config/config_params.go: FailsafeInboundHostPorts, FailsafeOutboundHostPorts). */

export interface FailsafePort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

const ports = (protocol: FailsafePort["protocol"], ...list: readonly number[]): readonly FailsafePort[] =>
  list.map((port) => ({ protocol, port }));

const CLUSTER = ports("tcp", 179, 2379, 2380, 5473, 6443, 6666, 6667);

export const FAILSAFE_IN = [...ports("tcp", 22), ...ports("udp", 68), ...CLUSTER];
export const FAILSAFE_OUT = [...ports("udp", 53, 67), ...CLUSTER];

/** `tcp 22, 179; udp 68`. */
export function failsafeText(direction: "ingress" | "egress"): string {
  const byProtocol = Map.groupBy(direction === "ingress" ? FAILSAFE_IN : FAILSAFE_OUT, ({ protocol }) => protocol);
  return [...byProtocol].map(([protocol, list]) => `${protocol} ${list.map(({ port }) => port).join(", ")}`).join("; ");
}
