/** Every lab, and a sample of Kubernetes' own NetworkPolicy cases, with containers as nodes. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerDriver } from "../../src/drivers/docker.ts";
import type { CheckResult } from "../../src/events.ts";
import { netpolSteps, POLICY_TABLES_ABSENT } from "../conformance/policies.ts";
import { PolicyLab } from "../conformance/policy-lab.ts";
import { describeWithEngine, dockerCli, endedWith, ROOT } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const labs = readdirSync(join(ROOT, "labs")).filter((file) => file.endsWith(".yaml"));
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

function passed(results: readonly CheckResult[] | undefined): boolean {
  return results !== undefined && results.every(({ status }) => status !== "failed");
}

describeWithEngine("labs in containers", reason, () => {
  let engine: TestEngine;
  let docker: DockerCli;
  let together: Map<string, CheckResult[]>;

  beforeAll(async () => {
    engine = await startEngine("k8snetlabs");
    docker = dockerCli(engine);
    const files = labs.map((file) => join("labs", file));
    const { stdout } = await docker.runWith({ limit: 400_000 }, "test", ...files, "--parallel", "2", "--json");
    together = resultsIn(stdout);
    expect(docker.leftovers()).toEqual([]);
  }, 600_000);
  afterAll(async () => {
    await engine?.stop();
  }, 60_000);

  test.each(labs)("%s passes", { timeout: 90_000 }, async (file) => {
    const name = file.replace(/\.yaml$/, "");
    // On a machine with much to do, checks of two labs at once may be late: alone it has to pass.
    if (!passed(together.get(name))) {
      const alone = await docker.run("test", join("labs", file), "--json");
      const again = resultsIn(alone.stdout).get(name) ?? [];
      expect(again.filter(({ status }) => status === "failed")).toEqual([]);
      endedWith(0, alone);
      expect(docker.leftovers()).toEqual([]);
      together.set(name, again);
    }
    expect(together.get(name)?.length).toBeGreaterThan(3);
  });

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
});
