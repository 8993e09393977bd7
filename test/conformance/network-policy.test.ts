/** Every case of Kubernetes' own NetworkPolicy suite and of cyclonus, with real packets through real rules, in both backends. */
import { afterAll, describe, expect, it } from "vitest";
import { clusterPolicySteps } from "./cluster-policies.ts";
import { cyclonusSteps, netpolSteps, POLICY_TABLES_ABSENT, recipeMatrices } from "./policies.ts";
import type { PolicyStep } from "./policies.ts";
import { PolicyLab } from "./policy-lab.ts";
import type { PolicyLabOptions } from "./policy-lab.ts";

const isRoot = process.getuid?.() === 0;
const note = POLICY_TABLES_ABSENT === undefined ? (isRoot ? "" : " (needs root)") : " (needs the conformance data)";

/** Steps of one case follow each other in one lab; from case to case it is converged as well. */
function suite(title: string, steps: readonly PolicyStep[], options: PolicyLabOptions): void {
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
suite("cluster-network-policy, iptables", clusterPolicySteps(), { name: "confcnp4", backend: "iptables" });
suite("cluster-network-policy, nftables, both families", clusterPolicySteps(), {
  name: "confcnp6",
  backend: "nftables",
  families: "dual",
});
suite("cyclonus' recipes, nftables", recipeMatrices(), { name: "confcycrec", backend: "nftables" });
