/**
 * What scripts/test has to do, cut into jobs of about half a minute: checks of the sources, and test files of one project that
 * run one after the other in one lane. Which files are long, which must not meet, and which need the machine itself is here.
 */

/** A command on the sources (`argv`), or test files of some projects. */
export interface Job {
  readonly name: string;
  readonly stage: Stage;
  readonly argv?: readonly string[];
  readonly files: readonly string[];
  /** Approximate seconds on a quiet machine. */
  readonly weight: number;
  /** After this many seconds it counts as hanging (a busy machine takes several times what a quiet one does). */
  readonly limit: number;
  /** Jobs of the same one never run at the same time. */
  readonly exclusive?: string;
  /** In the machine's own network namespace, with nothing else running. */
  readonly machine?: true;
}

export const CHECKS = {
  format: ["node_modules/.bin/oxfmt", "--check", "."],
  lint: ["node_modules/.bin/oxlint", "--deny-warnings"],
  imports: ["node", "scripts/check-imports.ts"],
  words: ["node", "scripts/check-words.ts"],
  types: ["node_modules/.bin/tsc"],
  "dead-code": ["node_modules/.bin/knip"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Stage → its vitest projects (folders of test/) and the seconds after which one of its jobs hangs. */
export const SUITES = {
  unit: { projects: ["unit", "golden"], limit: 300 },
  kernel: { projects: ["kernel"], limit: 1800 },
  conformance: { projects: ["conformance"], limit: 1800 },
  e2e: { projects: ["e2e"], limit: 1800 },
} as const;

export type Stage = keyof typeof CHECKS | keyof typeof SUITES;
export const STAGES = [...Object.keys(CHECKS), ...Object.keys(SUITES)] as readonly Stage[];

interface Rule {
  readonly files: RegExp;
  readonly exclusive?: string;
  readonly machine?: true;
}

const RULES: readonly Rule[] = [
  // Each keeps all processors busy for minutes: an emulated machine, many containers. The virtual machine is made once, in one
  // folder.
  {
    files:
      /^test\/(kernel\/[a-z-]+-vm|e2e\/(policy-sctp|docker-labs|docker-injected|docker-wireguard|engines|docker))\.test\.ts$/,
    exclusive: "processors",
  },
  // Neighbour tables are limited for all namespaces together, and the limits are to be seen in the machine's own only. Full
  // on purpose they would drop the packets of other lanes.
  { files: /^test\/(kernel\/host-limits|e2e\/tune-host)\.test\.ts$/, machine: true },
];

/** Seconds of files that take more than SHORT, on a quiet machine with two processors; they only decide the order. */
export const LONG: Readonly<Record<string, number>> = {
  "test/e2e/docker-labs.test.ts": 150,
  "test/e2e/engines.test.ts": 140,
  "test/e2e/policy-sctp.test.ts": 95,
  "test/kernel/diagnosis.test.ts": 80,
  "test/e2e/setup-labs.test.ts": 66,
  "test/e2e/docker.test.ts": 59,
  "test/e2e/kill.test.ts": 48,
  "test/kernel/trace-matrix.test.ts": 50,
  "test/kernel/ipvs-vm.test.ts": 80,
  "test/conformance/network-policy.test.ts": 130,
  "test/e2e/setup.test.ts": 32,
  "test/e2e/faults.test.ts": 31,
  "test/unit/load/fuzz.test.ts": 29,
  "test/e2e/docker-faults.test.ts": 28,
  "test/e2e/injected-faults.test.ts": 28,
  "test/e2e/diff-commands.test.ts": 45,
  "test/e2e/host-links.test.ts": 10,
  "test/e2e/wireguard.test.ts": 14,
  "test/kernel/faults.test.ts": 25,
  "test/e2e/trace.test.ts": 25,
  "test/kernel/calico.test.ts": 9,
  "test/kernel/vpc.test.ts": 9,
  "test/kernel/calico-vm.test.ts": 60,
  "test/kernel/kube-router-vm.test.ts": 160,
  "test/e2e/docker-injected.test.ts": 60,
  "test/e2e/docker-wireguard.test.ts": 25,
  "test/unit/scripts/growth.test.ts": 20,
  "test/kernel/cni-plugins.test.ts": 12,
  "test/kernel/cni-plugins-vm.test.ts": 45,
  "test/kernel/vpc-vm.test.ts": 60,
  "test/kernel/links-vm.test.ts": 45,
  "test/e2e/cli-lab.test.ts": 28,
  "test/e2e/docker-conditions.test.ts": 27,
  "test/e2e/up-rollout.test.ts": 22,
  "test/e2e/broken-labs.test.ts": 22,
  "test/e2e/elsewhere.test.ts": 20,
  "test/kernel/plan-script.test.ts": 20,
  "test/e2e/live.test.ts": 16,
  "test/kernel/kube-proxy-flows.test.ts": 16,
  "test/e2e/cli-input.test.ts": 14,
  "test/kernel/kill.test.ts": 13,
  "test/e2e/volumes.test.ts": 13,
  "test/e2e/docker-changes.test.ts": 12,
  "test/e2e/probe.test.ts": 12,
  "test/e2e/tui.test.ts": 11,
  "test/e2e/policy-verdicts.test.ts": 11,
  "test/e2e/docker-ssh.test.ts": 10,
  "test/kernel/check.test.ts": 10,
  "test/conformance/recipes.test.ts": 9,
  "test/kernel/userspace-proxy.test.ts": 8,
  "test/e2e/conditions.test.ts": 8,
  "test/e2e/policy.test.ts": 8,
  "test/kernel/agent-rootless.test.ts": 8,
  "test/e2e/policy-services.test.ts": 8,
  "test/kernel/nftables-netlink.test.ts": 8,
  "test/kernel/userspace-flows.test.ts": 8,
  "test/kernel/conntrack.test.ts": 8,
  "test/unit/plan/plan-lab.test.ts": 5,
  "test/kernel/agent.test.ts": 7,
  "test/kernel/trace.test.ts": 7,
  "test/e2e/side-by-side.test.ts": 7,
  "test/kernel/rootless-kinds.test.ts": 7,
  "test/kernel/foreign-objects.test.ts": 7,
  "test/e2e/services.test.ts": 6,
  "test/e2e/guide.test.ts": 6,
  "test/e2e/rootless.test.ts": 6,
  "test/e2e/rootless-injected.test.ts": 60,
  "test/e2e/outputs.test.ts": 5,
  "test/e2e/min-ready.test.ts": 5,
  "test/kernel/random-services.test.ts": 5,
  "test/kernel/probe.test.ts": 5,
  "test/conformance/random-policies.test.ts": 5,
  "test/e2e/gone-namespace.test.ts": 4,
  "test/unit/syntax/yaml-stream.test.ts": 4,
  "test/kernel/policy-changes.test.ts": 4,
  "test/unit/agent/silence.test.ts": 4,
  "test/unit/syntax/plain-yaml.test.ts": 4,
  "test/kernel/policy-neighbours.test.ts": 4,
  "test/kernel/serve.test.ts": 3,
  "test/kernel/further-nodes.test.ts": 3,
  "test/e2e/host-network.test.ts": 3,
};
/** Seconds that any other file counts. */
const SHORT: Readonly<Record<string, number>> = { unit: 0.3, golden: 2, kernel: 1.5, conformance: 3, e2e: 3 };
/** Files of the fast stages take at most this. */
const FAST_SECONDS = 6;
const JOB_SECONDS = 30;

const projectOf = (file: string): string => file.split("/")[1] ?? "";
const weightOf = (file: string): number => LONG[file] ?? SHORT[projectOf(file)] ?? 1;

/** `test/PROJECT/….test.ts` → its stage; undefined when it is none of a project. */
export function stageOf(file: string): Stage | undefined {
  if (!/^test\/.*\.test\.tsx?$/.test(file)) return undefined;
  const project = projectOf(file);
  return (Object.keys(SUITES) as (keyof typeof SUITES)[]).find((stage) =>
    (SUITES[stage].projects as readonly string[]).includes(project),
  );
}

/** Files that `scripts/test fast` leaves out: long ones, and those that need an engine, a virtual machine or the machine. */
export function isFast(file: string): boolean {
  return weightOf(file) <= FAST_SECONDS && !RULES.some((rule) => rule.files.test(file));
}

/** Jobs for these test files (paths from the root of the checkout), in the order in which they should begin. */
export function makeJobs(files: readonly string[], checks: readonly Stage[]): readonly Job[] {
  const jobs: Job[] = checks.flatMap((stage) => {
    const argv = (CHECKS as Readonly<Record<string, readonly string[]>>)[stage];
    return argv === undefined ? [] : [{ name: stage, stage, argv, files: [], weight: 5, limit: 600 }];
  });
  for (const stage of Object.keys(SUITES) as (keyof typeof SUITES)[]) {
    const own = files.filter((file) => stageOf(file) === stage).toSorted((a, b) => weightOf(b) - weightOf(a));
    const bundles: string[][] = [];
    for (const file of own) {
      const rule = RULES.find(({ files: matched }) => matched.test(file));
      if (rule !== undefined) {
        const { files: _, ...where } = rule;
        jobs.push({ name: file, stage, files: [file], weight: weightOf(file), limit: SUITES[stage].limit, ...where });
        continue;
      }
      // Into the first that has room: long files stay alone, short ones fill up.
      const fitting = bundles.find((bundle) => sum(bundle) + weightOf(file) <= JOB_SECONDS);
      if (fitting === undefined) bundles.push([file]);
      else fitting.push(file);
    }
    for (const [index, bundle] of bundles.entries()) {
      const name = bundle.length === 1 ? (bundle[0] ?? stage) : `${stage} ${index + 1} of ${bundles.length}`;
      jobs.push({ name, stage, files: bundle, weight: sum(bundle), limit: SUITES[stage].limit });
    }
  }
  return inOrder(jobs);
}

function sum(files: readonly string[]): number {
  return files.reduce((seconds, file) => seconds + weightOf(file), 0);
}

/** Longest first, jobs that exclude each other by their total time; those that must run alone come last. */
function inOrder(jobs: readonly Job[]): readonly Job[] {
  const together = new Map<string, number>();
  for (const { exclusive, weight } of jobs)
    if (exclusive !== undefined) together.set(exclusive, (together.get(exclusive) ?? 0) + weight);
  const rank = ({ machine, exclusive, weight }: Job): number =>
    machine === true ? -1 : exclusive === undefined ? weight : (together.get(exclusive) ?? weight);
  return jobs.toSorted((a, b) => rank(b) - rank(a) || b.weight - a.weight);
}
