/** Each kind of fault in containers: it breaks what it says, or is refused by name before anything is done; undone, nothing differs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FAULT_KINDS } from "../../src/faults/registry.ts";
import { eventually } from "../wait.ts";
import { KINDS, labOf } from "./each-fault.ts";
import { describeWithEngine, dockerCli, endedWith } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const NAME = "e2e-docker-injected";

describeWithEngine("faults injected in containers", whyNoEngine(), () => {
  let engine: TestEngine;
  let docker: DockerCli;
  let folder = "";

  beforeAll(async () => {
    engine = await startEngine("k8snetinjected");
    docker = dockerCli(engine);
    folder = mkdtempSync(join(tmpdir(), "e2e-docker-injected-"));
    const file = join(folder, "lab.yaml");
    writeFileSync(file, labOf(NAME));
    endedWith(0, await docker.run("up", file, "--plain"));
  }, 400_000);
  afterAll(async () => {
    await docker?.run("down", NAME);
    await engine?.stop();
    if (folder !== "") rmSync(folder, { recursive: true });
  }, 60_000);

  const asked = (): ReturnType<DockerCli["run"]> => docker.run("probe", NAME, "pod/client", "http://pod/web/");

  test.each(FAULT_KINDS.map(({ kind }) => kind))("%s", { timeout: 120_000 }, async (kind) => {
    const [words, answered] = KINDS[kind] ?? [];
    expect(words, "it has no line here").toBeDefined();
    const injected = await docker.run("fault", NAME, kind, ...(words ?? []));
    expect(injected.stdout + injected.stderr).toContain(`${kind}: `);
    endedWith(0, injected);
    if (answered !== undefined) expect((await asked()).code).toBe(answered ? 0 : 1);
    expect((await docker.run("diff", NAME)).stdout).toContain("nothing differs");
    endedWith(0, await docker.run("fault", NAME, "undo"));
    expect((await docker.run("fault", NAME, "undo")).stdout).toBe("no fault is active\n");
    const after = await docker.run("diff", NAME);
    expect(after.stdout).toContain("nothing differs");
    expect(
      await eventually(
        async () => (await asked()).code,
        (code) => code === 0,
      ),
    ).toBe(0);
  });

  test("trace has the kernel's reason for a packet that was lost in another container than its sender's", async () => {
    endedWith(0, await docker.run("fault", NAME, "foreign-rule", "node2", "rule=tcp dport 80 drop"));
    const { stdout } = await docker.run("trace", NAME, "pod/client", "pod/web:80", "--json");
    const { verdict, unseen } = JSON.parse(stdout) as { verdict: { reason?: string }; unseen: readonly string[] };
    expect(unseen.filter((text) => text.includes("drop reasons"))).toEqual([]);
    expect(verdict.reason).toBe("NETFILTER_DROP on node2");
    endedWith(0, await docker.run("fault", NAME, "undo"));
  });

  test("of chaos that is killed, the hub undoes the fault", { timeout: 120_000 }, async () => {
    const killed = docker.start("chaos", NAME, "--only", "partition");
    await killed.printed("do not see each other");
    killed.child.kill("SIGKILL");
    await killed.result;
    const listed = async (): Promise<string> => (await docker.run("fault", NAME)).stdout;
    expect(await eventually(listed, (one) => one === "no fault is active\n")).toBe("no fault is active\n");
    expect((await docker.run("diff", NAME)).stdout).toContain("nothing differs");
    endedWith(0, await asked());
  });
});
