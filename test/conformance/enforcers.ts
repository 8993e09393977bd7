/** Network plugins that enforce policies themselves, and the tables of policies that they are asked about with packets. A line for each. */
import { pluginNamed } from "../../src/cluster/cni/registry.ts";
import { clusterPolicySteps } from "./cluster-policies.ts";
import { cyclonusSteps, netpolSteps } from "./policies.ts";
import type { PolicyStep } from "./policies.ts";
import type { PolicyLabOptions } from "./policy-lab.ts";

/** `short`: of the labs' names. */
const ENFORCERS: readonly (Pick<PolicyLabOptions, "cni" | "kubeProxy"> & {
  readonly name: string;
  readonly short: string;
})[] = [
  { name: "Calico", short: "cali", cni: { plugin: "calico" } },
  {
    name: "Calico's nftables mode",
    short: "calinft",
    cni: { plugin: "calico", linuxDataplane: "Nftables" },
    kubeProxy: "nftables",
  },
  { name: "kube-router", short: "kr", cni: { plugin: "kube-router" } },
];

/** One table for one enforcer. */
export interface EnforcedTable {
  readonly title: string;
  readonly steps: () => readonly PolicyStep[];
  /** Of its cases every so many is asked in the tests. */
  readonly every: number;
  readonly options: PolicyLabOptions;
}

export const ENFORCED: readonly EnforcedTable[] = ENFORCERS.flatMap(({ name, short, ...how }): EnforcedTable[] => [
  {
    title: `netpol-e2e, ${name}, IPv4 + IPv6`,
    steps: netpolSteps,
    every: 6,
    options: { name: `confnetpol${short}`, families: "dual", ...how },
  },
  { title: `cyclonus, ${name}`, steps: cyclonusSteps, every: 20, options: { name: `confcyc${short}`, ...how } },
  ...(pluginNamed(how.cni?.plugin).ignoresClusterPolicies === true
    ? []
    : [
        {
          title: `cluster-network-policy, ${name}`,
          steps: clusterPolicySteps,
          every: 6,
          options: { name: `confcnp${short}`, ...how },
        },
      ]),
]);

/** The steps of every so many cases. */
export function sampled(steps: readonly PolicyStep[], every: number): readonly PolicyStep[] {
  const cases = Map.groupBy(steps, ({ id }) => id.replace(/\.\d+$/, ""));
  return [...cases.values()].filter((_, index) => index % every === 0).flat();
}
