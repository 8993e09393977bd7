/** NetworkPolicies: a change enforced, the suites of conformance, the commands for manifests. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cyclonusSteps } from "../conformance/policies.ts";
import { checkOfStep, fileOfStep } from "../conformance/policy-lab.ts";
import { manyPolicies, policiesLab } from "./labs.ts";
import { CACHE_WRITES, change, folder, lab, median, root, run, timeTarget, write } from "./measure.ts";

/** Who enforces policies: fields of the cluster. */
const ENFORCERS = {
  iptables: "networkPolicy: { backend: iptables }",
  nftables: "networkPolicy: { backend: nftables }",
  calico: "cni: { plugin: calico }",
  "calico nftables": "cni: { plugin: calico, linuxDataplane: Nftables }, kubeProxy: nftables",
} as const;

/** 100 pods and 200 policies: one policy lets another pod in. */
function benchChange(backend: keyof typeof ENFORCERS): void {
  const name = "benchpol";
  const [before, after] = ([1, 2] as const).map((pod) =>
    write(`benchpol${backend.replace(" ", "")}${pod}`, policiesLab(name, ENFORCERS[backend], pod)),
  ) as [string, string];
  lab("up", before, "--plain", "--no-checks");
  try {
    const shown = lab("exec", name, "pod/app-0", "--", "ip", "-4", "-o", "addr", "show", "eth0").stdout;
    const address = / inet ([\d.]+)/.exec(shown)?.[1] ?? "";
    const places = ["default/app-2", `${address}:9999`, "-", "default/app-0"];
    const { way, best, worst, reply } = change(name, before, after, places);
    console.log(
      `${backend}, a policy changed among 200: ${best.toFixed(0)} to ${worst.toFixed(0)} ms, all nodes ${reply.toFixed(0)} ms`,
    );
    timeTarget(`${backend}, a policy changed, enforced`, way, 0.5);
  } finally {
    lab("down", name, "--plain");
  }
}

/** `npm run conformance` for a table, in seconds. */
function conformance(table: string): number {
  const { stdout } = run(process.execPath, [join(root, "test/conformance/report.ts"), table]);
  process.stdout.write(stdout);
  return Number(/ ([\d.]+) s, slowest/.exec(stdout)?.[1]);
}

/** As a lab file with a check, by `test`: built, asked, taken down. */
function benchCase(rounds: number): void {
  const step = cyclonusSteps().find(({ tables }) => tables[0]?.protocol === "TCP");
  if (step === undefined) return;
  const file = write("benchcase", fileOfStep(step, { name: "benchcase", backend: "nftables" }, [checkOfStep(step)]));
  const times = Array.from({ length: CACHE_WRITES + rounds }, () => lab("test", file, "--plain").ms);
  timeTarget("one case of cyclonus with its lab from nothing", median(times.slice(CACHE_WRITES)), 25);
}

/** The commands for people who have only manifests: whole, from start to end. */
function benchCommands(rounds: number): void {
  const manifests = join(folder, "manifests");
  mkdirSync(manifests);
  writeFileSync(join(manifests, "all.yaml"), manyPolicies(100, 500));
  const few = join(folder, "few");
  mkdirSync(few);
  writeFileSync(join(few, "all.yaml"), manyPolicies(9, 1));
  // The first runs of a command write its code cache and do not count.
  const time = (...args: string[]): number =>
    median(
      Array.from(
        { length: CACHE_WRITES + rounds },
        () => run(process.execPath, [join(root, "dist/k8snet-lab.js"), ...args], [0, 1]).ms,
      ).slice(CACHE_WRITES),
    );
  timeTarget("policy lint of 500 policies", time("policy", "lint", "-f", manifests), 12.5);
  const explain = time("policy", "explain", "-f", manifests, "team-1/pod-1", "team-2/pod-2", "80");
  timeTarget("policy explain among 500 policies", explain, 12.5);
  timeTarget("policy test of 9 pods, all of it", time("policy", "test", "-f", few), 25);
}

export function benchPolicies(rounds: number): void {
  benchCommands(rounds);
  for (const backend of Object.keys(ENFORCERS) as (keyof typeof ENFORCERS)[]) benchChange(backend);
  benchCase(rounds);
  for (const backend of ["iptables", "nftables"]) {
    const seconds = conformance(`cyclonus, ${backend}`);
    timeTarget(`all of cyclonus, ${backend}`, seconds * 1000, 1500);
  }
}
