/** The figures of all conformance tables that are asked of a running lab: `npm run conformance`. Ends with 1 on any disagreement. */
import { cyclonusSteps, netpolSteps, POLICY_TABLES_ABSENT } from "./policies.ts";
import type { PolicyStep } from "./policies.ts";
import { PolicyLab } from "./policy-lab.ts";
import type { Disagreement, PolicyLabOptions } from "./policy-lab.ts";

interface Figures {
  readonly title: string;
  readonly cases: number;
  readonly steps: number;
  readonly probes: number;
  readonly proved: number;
  readonly denied: number;
  readonly seconds: number;
  readonly slowest: number;
  readonly disagreements: readonly Disagreement[];
}

async function measure(title: string, steps: readonly PolicyStep[], options: PolicyLabOptions): Promise<Figures> {
  const lab = new PolicyLab(options);
  const started = performance.now();
  const disagreements: Disagreement[] = [];
  let probes = 0;
  let proved = 0;
  let denied = 0;
  let slowest = 0;
  try {
    for (const step of steps) {
      const report = await lab.run(step);
      disagreements.push(...report.disagreements);
      probes += report.probes;
      proved += report.proved;
      denied += report.denied;
      slowest = Math.max(slowest, report.convergeMs + report.probeMs);
    }
  } finally {
    await lab.down();
  }
  const seconds = (performance.now() - started) / 1000;
  const cases = new Set(steps.map((step) => step.id.replace(/\.\d+$/, ""))).size;
  return { title, cases, steps: steps.length, probes, proved, denied, seconds, slowest: slowest / 1000, disagreements };
}

if (POLICY_TABLES_ABSENT !== undefined) {
  process.stderr.write(`${POLICY_TABLES_ABSENT}\n`);
  process.exit(2);
}
const netpol = netpolSteps();
const cyclonus = cyclonusSteps();
const failed: Disagreement[] = [];
const runs = [
  () => measure("netpol-e2e, iptables", netpol, { name: "confnetpol4", backend: "iptables" }),
  () =>
    measure("netpol-e2e, nftables, IPv4 + IPv6", netpol, {
      name: "confnetpol6",
      backend: "nftables",
      families: "dual",
    }),
  () => measure("cyclonus, iptables", cyclonus, { name: "confcyc", backend: "iptables" }),
  () => measure("cyclonus, nftables", cyclonus, { name: "confcycnft", backend: "nftables" }),
];
for (const run of runs) {
  const { title, disagreements, ...figures } = await run();
  failed.push(...disagreements);
  process.stdout.write(
    `${title.padEnd(34)} ${String(figures.cases).padStart(4)} cases ${String(figures.steps).padStart(4)} steps ` +
      `${String(figures.probes).padStart(6)} probes, ${figures.proved} of ${figures.denied} denials proved by the rule's log, ` +
      `${disagreements.length} wrong, ${figures.seconds.toFixed(1)} s, slowest step ${figures.slowest.toFixed(2)} s\n`,
  );
}
for (const { step, probe, expected, found } of failed)
  process.stdout.write(`${step}: ${probe}: ${found}, expected ${expected}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
