/**
 * The figures of all conformance tables, asked of a running lab or computed: `npm run conformance`. Ends with 1 on any disagreement.
 *   node test/conformance/report.ts [TITLE [STEPS]]     only tables whose title has this in it, only their first steps
 */
import { readFileSync } from "node:fs";
import { clusterPolicySteps } from "./cluster-policies.ts";
import { ENFORCED } from "./enforcers.ts";
import { cyclonusSteps, netpolSteps, POLICY_TABLES_ABSENT } from "./policies.ts";
import type { PolicyStep } from "./policies.ts";
import type { Disagreement, StepReport } from "./asked-lab.ts";
import { PolicyLab } from "./policy-lab.ts";
import type { PolicyLabOptions } from "./policy-lab.ts";
import { RECIPE_LABS, runRecipe } from "./recipe-lab.ts";
import type { RecipeLabOptions } from "./recipe-lab.ts";
import { recipeCases } from "./recipes.ts";
import { measureTables, TABLE_FILES } from "./tables.ts";

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

function figuresOf(title: string, cases: number, reports: readonly StepReport[], started: number): Figures {
  const sum = (pick: (report: StepReport) => number): number => reports.reduce((all, one) => all + pick(one), 0);
  return {
    title,
    cases,
    steps: reports.length,
    probes: sum((report) => report.probes),
    proved: sum((report) => report.proved),
    denied: sum((report) => report.denied),
    seconds: (performance.now() - started) / 1000,
    slowest: Math.max(0, ...reports.map((report) => report.convergeMs + report.probeMs)) / 1000,
    disagreements: reports.flatMap((report) => report.disagreements),
  };
}

/** All steps in one lab. */
async function measure(title: string, steps: readonly PolicyStep[], options: PolicyLabOptions): Promise<Figures> {
  const lab = new PolicyLab(options);
  const started = performance.now();
  const reports: StepReport[] = [];
  try {
    for (const step of steps) reports.push(await lab.run(step));
  } finally {
    await lab.down();
  }
  const cases = new Set(steps.map((step) => step.id.replace(/\.\d+$/, ""))).size;
  return figuresOf(title, cases, reports, started);
}

function table(
  title: string,
  steps: readonly PolicyStep[],
  options: PolicyLabOptions,
): { readonly title: string; readonly run: () => Promise<Figures> } {
  return { title, run: () => measure(title, steps, options) };
}

/** A lab for each. */
async function measureRecipes(title: string, options: RecipeLabOptions): Promise<Figures> {
  const started = performance.now();
  const reports: StepReport[] = [];
  for (const recipe of recipeCases()) reports.push(...(await runRecipe(recipe, options)));
  return figuresOf(title, recipeCases().length, reports, started);
}

if (POLICY_TABLES_ABSENT !== undefined) {
  process.stderr.write(`${POLICY_TABLES_ABSENT}: set K8SNET_CONFORMANCE\n`);
  process.exit(2);
}
const [only = "", first] = process.argv.slice(2);
const count = first === undefined ? undefined : Number(first);
const netpol = netpolSteps().slice(0, count);
const cyclonus = cyclonusSteps().slice(0, count);
const clusterPolicies = clusterPolicySteps().slice(0, count);
const failed: Disagreement[] = [];
const runs = [
  table("netpol-e2e, iptables", netpol, { name: "confnetpol4", backend: "iptables" }),
  table("netpol-e2e, nftables, IPv4 + IPv6", netpol, { name: "confnetpol6", backend: "nftables", families: "dual" }),
  table("cyclonus, iptables", cyclonus, { name: "confcyc", backend: "iptables" }),
  table("cyclonus, nftables", cyclonus, { name: "confcycnft", backend: "nftables" }),
  ...ENFORCED.map(({ title, steps, options }) => table(title, steps().slice(0, count), options)),
  table("cluster-network-policy, iptables", clusterPolicies, { name: "confcnp4", backend: "iptables" }),
  table("cluster-network-policy, nftables, IPv4 + IPv6", clusterPolicies, {
    name: "confcnp6",
    backend: "nftables",
    families: "dual",
  }),
  ...RECIPE_LABS.map((options) => {
    const title = `recipes, ${options.backend}, ${options.family}`;
    return { title, run: () => measureRecipes(title, options) };
  }),
];
for (const { run } of runs.filter(({ title }) => title.includes(only))) {
  const { title, disagreements, ...figures } = await run();
  failed.push(...disagreements);
  process.stdout.write(
    `${title.padEnd(48)} ${String(figures.cases).padStart(4)} cases ${String(figures.steps).padStart(4)} steps ` +
      `${String(figures.probes).padStart(6)} probes, ${figures.proved} of ${figures.denied} denials proved by the rule's log, ` +
      `${disagreements.length} wrong, ${figures.seconds.toFixed(1)} s, slowest step ${figures.slowest.toFixed(2)} s\n`,
  );
}
let wrong = failed.length;
for (const file of first === undefined ? TABLE_FILES.filter((name) => name.includes(only)) : [])
  for (const { title, cases, failed: lines, skipped } of measureTables(file)) {
    wrong += lines.length;
    const left = skipped === 0 ? "" : `, ${skipped} skipped`;
    process.stdout.write(`${title.padEnd(48)} ${String(cases).padStart(4)} cases, ${lines.length} wrong${left}\n`);
    for (const line of lines) process.stdout.write(`  ${line}\n`);
  }
if (!readFileSync("/proc/net/protocols", "utf8").includes("SCTP"))
  process.stdout.write(
    'SCTP: this kernel has no SCTP sockets. Its probes are INITs over raw sockets; the pod\'s "protocol unreachable" says that one came through.\n',
  );
for (const { step, probe, expected, found } of failed)
  process.stdout.write(`${step}: ${probe}: ${found}, expected ${expected}\n`);
process.exitCode = wrong === 0 ? 0 : 1;
