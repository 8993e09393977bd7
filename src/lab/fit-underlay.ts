/** A lab made to fit the wire that it gets: where this carries less than the lab asks for, the underlay's MTU goes down. */
import type { Check } from "./check.ts";
import type { Lab } from "./lab.ts";

/** What whoever builds a lab knows about the wire between its nodes. */
export interface WireFacts {
  /** Bytes of the largest packet that gets through between nodes; absent: whatever the lab asks for. */
  readonly mtu?: number | undefined;
}

/** Checks of what fits into one packet (`df`) move with the MTU, unless pods have their own. */
export function fitUnderlay(lab: Lab, { mtu }: WireFacts): Lab {
  const { cluster } = lab;
  if (mtu === undefined || cluster === undefined) return lab;
  const less = Math.max(0, cluster.mtu - mtu);
  const checks = cluster.cni.mtu === undefined ? lab.checks.map((check) => smaller(check, less)) : lab.checks;
  const nodes = cluster.nodes.map((node) =>
    node.mtu === undefined ? node : { ...node, mtu: Math.min(node.mtu, mtu) },
  );
  return { ...lab, cluster: { ...cluster, nodes, mtu: cluster.mtu - less, wireMtu: mtu }, checks };
}

function smaller(check: Check, less: number): Check {
  if (check.kind !== "ping" || !check.df || check.size === undefined || check.size < less) return check;
  const { expect } = check;
  return {
    ...check,
    size: check.size - less,
    expect: { ...expect, ...(expect.mtu === undefined ? {} : { mtu: expect.mtu - less }) },
  };
}
