/** Every case of Kubernetes' own NetworkPolicy suite and of cyclonus, with real packets through real rules, in both backends; of plugins that enforce policies themselves a sample (report.ts runs all). */
import { afterAll, describe, expect, it } from "vitest";
import { clusterPolicySteps } from "./cluster-policies.ts";
import { ENFORCED, sampled } from "./enforcers.ts";
import { cyclonusSteps, netpolSteps, POLICY_TABLES_ABSENT, recipeMatrices } from "./policies.ts";
import type { PolicyStep } from "./policies.ts";
import { PolicyLab } from "./policy-lab.ts";
import type { PolicyLabOptions } from "./policy-lab.ts";

const isRoot = process.getuid?.() === 0;
const note = POLICY_TABLES_ABSENT === undefined ? (isRoot ? "" : " (needs root)") : " (needs the conformance data)";

/** Steps of one case follow each other in one lab; from case to case it is converged as well. `otherwise`: steps of which the network plugin's switches say that it means something else. */
function suite(
  title: string,
  steps: readonly PolicyStep[],
  options: PolicyLabOptions,
  otherwise: readonly string[] = [],
): void {
  describe.skipIf(note !== "")(title + note, () => {
    const lab = new PolicyLab(options);
    afterAll(() => lab.down());
    const cases = Map.groupBy(steps, (step) => step.id.replace(/\.\d+$/, ""));
    it.for([...cases])("%s", async ([, list]) => {
      for (const step of list) {
        const { probes, disagreements } = await lab.run(step);
        expect(probes).toBeGreaterThan(0);
        expect(disagreements).toEqual([]);
      }
    });
    it("is as planned afterwards", async () => {
      const last = steps.at(-1);
      expect(last === undefined ? [] : await lab.left(last)).toEqual([]);
      expect([...lab.otherwise]).toEqual(otherwise.length === 0 ? [] : expect.arrayContaining([...otherwise]));
    });
  });
}

suite("netpol-e2e, iptables", netpolSteps(), { name: "confnetpol4", backend: "iptables" });
suite("netpol-e2e, nftables, both families", netpolSteps(), {
  name: "confnetpol6",
  backend: "nftables",
  families: "dual",
});
suite("cyclonus, iptables", cyclonusSteps(), { name: "confcyc", backend: "iptables" });
suite("cyclonus, nftables", cyclonusSteps(), { name: "confcycnft", backend: "nftables" });
for (const { title, steps, every, options } of ENFORCED) suite(`${title}, a sample`, sampled(steps(), every), options);
/** Exceptions of one block hold for the others of its rule, and names that no port has open all ports: as kube-router has it. */
const OTHERWISE = ["cyclonus-076.0", "cyclonus-148.0", "cyclonus-176.0"];
suite(
  "cyclonus, what kube-router means otherwise",
  cyclonusSteps().filter(({ id }) => OTHERWISE.includes(id)),
  { name: "confcyckrother", cni: { plugin: "kube-router" } },
  OTHERWISE,
);
suite("cluster-network-policy, iptables", clusterPolicySteps(), { name: "confcnp4", backend: "iptables" });
suite("cluster-network-policy, nftables, both families", clusterPolicySteps(), {
  name: "confcnp6",
  backend: "nftables",
  families: "dual",
});
suite("cyclonus' recipes, nftables", recipeMatrices(), { name: "confcycrec", backend: "nftables" });
