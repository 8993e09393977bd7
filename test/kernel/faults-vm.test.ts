/** The fault netem for real, in a virtual machine whose kernel has it. */
import { expect, test } from "vitest";
import type { FaultDocument } from "../../src/faults/schema.ts";
import { injectFault } from "../../src/live/faults.ts";
import type { World } from "../../src/live/stored-view.ts";
import { UNTOUCHED } from "../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import type { FaultsTold } from "../vm/faults-guest.ts";
import { PATIENCE, runGuest } from "../vm/guest.ts";
import { isVmThere } from "../vm/machine.ts";

/** red has a rate limit of its own, which gives way to the fault and comes back. */
const { lab } = loadLabText(
  `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: vm }
spec:
  topology:
    nodes:
      red: { interfaces: { eth0: { addresses: [10.0.0.1/24], rate: 100mbit } } }
      blue: { interfaces: { eth0: { addresses: [10.0.0.2/24] } } }
    links: [{ endpoints: ["red:eth0", "blue:eth0"] }]
`,
  "vm.yaml",
);

function broken(netem: object): readonly Resource[] {
  const doc: FaultDocument = { netem: { at: "red/eth0", ...netem } };
  const { faults: injected = [] } = injectFault(doc)(UNTOUCHED, { lab } as World);
  return planResources({ ...lab, injected });
}

test(
  "netem: delay, jitter, loss, duplicates, reordering, corruption; the lab's own limit is back afterwards",
  async (context) => {
    if (!isVmThere()) return context.skip("the kernel lacks netem");
    const faults = [
      { delay: "200ms", jitter: "10ms" },
      { loss: 50 },
      { duplicate: 100 },
      { delay: "100ms", reorder: 25 },
      { corrupt: 100, limit: 50 },
    ].map(broken);
    const told = await runGuest<FaultsTold>("faults-guest.ts", { healthy: planResources(lab), faults }, [
      "sch_netem",
      "sch_tbf",
      "veth",
    ]);
    if (told === undefined) return context.skip("the kernel lacks netem");
    expect([told.built.failures, told.built.left]).toEqual([[], []]);
    for (const { injected, undone, after } of told.faults) {
      expect(injected).toMatchObject({ failures: [], left: [] });
      expect(injected.done.toSorted()).toEqual(["create netem:red:eth0", "delete qdisc:red:eth0"]);
      expect(undone).toMatchObject({ failures: [], left: [] });
      expect(after).toContain("tbf");
      expect(after).not.toContain("netem");
    }
    const [late, lossy, twice, reordered, corrupt] = told.faults;
    expect(late?.shown).toMatch(/netem .*delay 200ms {2}10ms/);
    expect(Number(/min\/avg.* = ([\d.]+)\//.exec(late?.ping ?? "")?.[1])).toBeGreaterThanOrEqual(189);
    const received = (ping: string | undefined): number => Number(/(\d+) received/.exec(ping ?? "")?.[1]);
    // 20 on average; outside of this once in ten million times.
    expect(received(lossy?.ping)).toBeGreaterThan(3);
    expect(received(lossy?.ping)).toBeLessThan(37);
    expect(twice?.ping).toMatch(/\+\d+ duplicates/);
    expect(reordered?.shown).toMatch(/reorder 25%.* gap 1/);
    expect(corrupt?.shown).toMatch(/limit 50.*corrupt 100%/);
  },
  PATIENCE,
);
