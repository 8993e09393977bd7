/** A connection that policies deny: network plugins that answer it refuse at once what others leave without an answer. */
import type { Lab } from "../lab/lab.ts";
import type { Family } from "../net/family.ts";
import type { Outcome } from "../net/outcome.ts";
import type { Destination, Target } from "../net/target.ts";
import { clusterTowards } from "../cluster/lab-clusters.ts";
import { networkPlugin } from "../cluster/cni/registry.ts";
import { policyVerdict } from "./reach/policy-verdict.ts";
import type { PolicyVerdict } from "./reach/policy-verdict.ts";

/** `refused` for an expected `timeout` where the policies deny it and the plugin answers; else what was expected. */
export function answeredDenial(
  lab: Lab,
  from: Target,
  address: string | undefined,
  verdict: () => PolicyVerdict | undefined,
  expected: Outcome,
): Outcome {
  if (expected !== "timeout" || address === undefined) return expected;
  const cluster = clusterTowards(lab, from, address);
  if (cluster === undefined || networkPlugin(cluster).switches.denyAs !== "reject") return expected;
  return verdict()?.allowed === false ? "refused" : expected;
}

/** The same for a check with one destination. */
export function expectedOutcome(
  lab: Lab,
  from: Target,
  { to, port, protocol }: { readonly to: Destination; readonly port: number; readonly protocol: "tcp" | "udp" },
  family: Family,
  expected: Outcome,
): Outcome {
  const addresses =
    to.kind === "target" ? to.target.addresses : to.kind === "service" ? to.addresses : to.kind === "address" ? { [to.family]: to.address } : {}; // prettier-ignore
  const verdict = (): PolicyVerdict | undefined => policyVerdict(lab, from, { addresses }, protocol, port, family);
  return answeredDenial(lab, from, addresses[family], verdict, expected);
}
