/** Every lab, and a sample of Kubernetes' own NetworkPolicy cases, with containers as nodes. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findFitness } from "../../src/apply/required-features.ts";
import { dockerDriver } from "../../src/drivers/docker.ts";
import type { CheckResult } from "../../src/events.ts";
import { loadLab } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { netpolSteps, POLICY_TABLES_ABSENT } from "../conformance/policies.ts";
import { PolicyLab } from "../conformance/policy-lab.ts";
import { judgeShape } from "../kernel/trace-matrix.ts";
import { describeWithEngine, dockerCli, endedWith, ROOT } from "./docker-run.ts";
import type { CliResult } from "./cli.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const all = readdirSync(join(ROOT, "labs")).filter((file) => file.endsWith(".yaml"));
/** Those that this kernel can build: containers have the same one. */
const buildable = await Promise.all(
  all.map(async (file) => findFitness(planResources((await loadLab(join(ROOT, "labs", file))).lab)).lacks.length === 0),
);
const labs = all.filter((_, i) => buildable[i]);
const reason = whyNoEngine();
/** Every so manieth step of the table. */
const SAMPLE = 6;

/** Of the checks by lab; what was said of labs that did not come so far is in the answer of the command. */
function resultsIn(stdout: string): Map<string, CheckResult[]> {
  const results = new Map<string, CheckResult[]>();
  for (const line of stdout.split("\n")) {
    if (!line.includes('"check-done"')) continue;
    const { labName, result } = JSON.parse(line) as { labName: string; result: CheckResult };
    results.set(labName, [...(results.get(labName) ?? []), result]);
  }
  return results;
}

describeWithEngine("labs in containers", reason, () => {
  let engine: TestEngine;
  let docker: DockerCli;
  let run: CliResult;
  let results: Map<string, CheckResult[]>;

  beforeAll(async () => {
    engine = await startEngine("k8snetlabs");
    docker = dockerCli(engine);
    const files = labs.map((file) => join("labs", file));
    run = await docker.runWith({ limit: 1_400_000 }, "test", ...files, "--parallel", "2", "--json");
    results = resultsIn(run.stdout);
    expect(docker.leftovers()).toEqual([]);
  }, 1_500_000);
  afterAll(async () => {
    await engine?.stop();
  }, 60_000);

  test.each(labs)("%s passes", (file) => {
    const own = results.get(file.replace(/\.yaml$/, "")) ?? [];
    expect(own.length, run.stderr).toBeGreaterThan(3);
    expect(own.filter(({ status }) => status === "failed")).toEqual([]);
  });

  test("all of them end well", () => endedWith(0, run));

  const absent = POLICY_TABLES_ABSENT !== undefined;
  test.skipIf(absent).each(["iptables", "nftables"] as const)(
    `netpol-e2e with %s: as Kubernetes decides, denials heard from the rules' logs${absent ? " (needs the conformance data)" : ""}`,
    { timeout: 90_000 },
    async (backend) => {
      Object.assign(process.env, engine.env);
      const lab = new PolicyLab({ name: "netpoldk", backend, families: "dual", driver: dockerDriver() });
      try {
        const steps = netpolSteps().filter((_, i) => i % SAMPLE === 0);
        expect(steps.length).toBeGreaterThan(3);
        let proved = 0;
        for (const step of steps) {
          const report = await lab.run(step);
          expect(report.disagreements).toEqual([]);
          expect(await lab.left(step)).toEqual([]);
          proved += report.proved;
        }
        // Most senders and most of those who deny are in different containers.
        expect(proved).toBeGreaterThan(50);
      } finally {
        await lab.down();
        for (const name of Object.keys(engine.env)) delete process.env[name];
      }
      expect(docker.leftovers()).toEqual([]);
    },
  );

  test("trace names the first wrong hop of labs that were broken behind their back", { timeout: 120_000 }, async () => {
    Object.assign(process.env, engine.env);
    const shape = { cni: "vxlan", mode: "iptables", policies: "iptables", families: ["ipv4"] } as const;
    try {
      const { asked, wrong } = await judgeShape(dockerDriver(), "tracedk", shape, (index) => index % SAMPLE === 1);
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(6);
    } finally {
      for (const name of Object.keys(engine.env)) delete process.env[name];
    }
    expect(docker.leftovers()).toEqual([]);
  });
});
