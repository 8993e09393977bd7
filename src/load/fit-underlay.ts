/** A lab made to fit the wire that it gets: where this carries less than the lab requests, the underlay's MTU goes down. */
import { kindOf } from "../checks/registry.ts";
import type { Check } from "../lab/check.ts";
import type { Lab } from "../lab/lab.ts";
import type { WireFacts } from "../lab/wire-facts.ts";

/** Checks of what fits into one packet move with the MTU, unless pods have their own. */
export function fitUnderlay(lab: Lab, { mtu }: WireFacts): Lab {
  const { cluster, steps } = lab;
  if (mtu === undefined || cluster === undefined) return lab;
  const less = Math.max(0, cluster.mtu - mtu);
  const nodes = cluster.nodes.map((node) =>
    node.mtu === undefined ? node : { ...node, mtu: Math.min(node.mtu, mtu) },
  );
  const fitted = { ...lab, cluster: { ...cluster, nodes, mtu: cluster.mtu - less, wireMtu: mtu } };
  if (cluster.cni.mtu !== undefined) return fitted;
  const fit = (check: Check): Check => kindOf(check).fit?.(check, less) ?? check;
  return {
    ...fitted,
    checks: lab.checks.map(fit),
    ...(steps === undefined ? {} : { steps: steps.map((step) => ({ ...step, checks: step.checks.map(fit) })) }),
  };
}
