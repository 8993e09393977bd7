/**
 * What test/kernel/faults-vm.test.ts has done inside the virtual machine: a lab is built, pings go through each of its faults, and
 * what came of it is printed as one JSON object. Argument: a file with the healthy lab's resources and those with each fault.
 */
import { readFileSync } from "node:fs";
import { requireFeatures } from "../../src/apply/required-features.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { GuestLab } from "./guest-lab.ts";
import type { Convergence } from "./guest-lab.ts";

export interface FaultsTold {
  readonly built: Convergence;
  /** For each fault: what it took, what `tc` shows, what a ping says, how it was undone. */
  readonly faults: readonly {
    readonly injected: Convergence;
    readonly shown: string;
    readonly ping: string;
    readonly undone: Convergence;
    readonly after: string;
  }[];
}

const { healthy, faults } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as {
  readonly healthy: readonly Resource[];
  readonly faults: readonly (readonly Resource[])[];
};
const lab = new GuestLab("vm");
const built = await lab.converge(healthy);
const told: FaultsTold["faults"][number][] = [];
for (const resources of faults) {
  requireFeatures(resources);
  const injected = await lab.converge(resources);
  const shown = await lab.inside("red", "tc", "qdisc", "show", "dev", "eth0");
  const ping = await lab.inside("red", "ping", "-q", "-c", "40", "-i", "0.02", "-W", "3", "10.0.0.2");
  const undone = await lab.converge(healthy);
  told.push({ injected, shown, ping, undone, after: await lab.inside("red", "tc", "qdisc", "show", "dev", "eth0") });
}
process.stdout.write(`${JSON.stringify({ built, faults: told })}\n`);
process.exit(0);
