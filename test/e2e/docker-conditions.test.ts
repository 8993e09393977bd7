/** What labs in containers do without a command: readiness probes that change their mind, a node that loses its link or its container. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADDRESS, conditionLab, endpointsIn } from "./condition-lab.ts";
import { describeWithEngine, dockerCli, endedWith, STATE } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const NAME = "dkcond";
const WAIT = { timeout: 30_000, interval: 200 };
const WEB_1 = "10.244.0.2";
const WEB_2 = "10.244.1.2";

/** A program with a file of a ConfigMap, at a path that the image does not have. */
const FILES = `{ apiVersion: v1, kind: ConfigMap, metadata: { name: conf }, data: { word: one } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: files }, spec: { nodeName: node3, volumes: [ { name: v, configMap: { name: conf } } ], containers: [ { name: c, command: [sleep, infinity], volumeMounts: [ { name: v, mountPath: /k8snet-test } ] } ] } }
`;

describeWithEngine("labs in containers act by themselves", whyNoEngine(), () => {
  let folder = "";
  let file = "";
  let engine: TestEngine;
  let docker: DockerCli;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "dkcond-"));
    file = join(folder, "lab.yaml");
    const text = conditionLab(NAME, (pod) => `/tmp/${pod}`, true);
    writeFileSync(file, `${text.trimEnd()}\n---\n${FILES}`);
    engine = await startEngine("k8snetcond");
    docker = dockerCli(engine);
    endedWith(0, await docker.run("up", file, "--plain"));
  }, 400_000);
  afterAll(async () => {
    if (docker !== undefined) await docker.run("down", NAME);
    const left = docker?.leftovers();
    await engine?.stop();
    rmSync(folder, { recursive: true });
    expect(left).toEqual([]);
  }, 60_000);

  const inside = (machine: string, ...argv: readonly string[]): string =>
    engine.docker("exec", `k8snet-lab.${NAME}.${machine}`, ...argv);
  const endpoints = (node: string): string[] => endpointsIn(inside(node, "iptables-save", "-t", "nat"));
  const said = async (target: string, ...argv: readonly string[]): Promise<string> =>
    (await docker.run("exec", NAME, target, "--", ...argv)).stdout.trim();
  const resolved = async (): Promise<string[]> => {
    const text = await said("pod/client", "getent", "ahostsv4", "web-pods");
    return [...new Set(text.split("\n").flatMap((line) => /^(\S+)\s+STREAM/.exec(line)?.[1] ?? []))].toSorted();
  };
  /** Who answers at the load balancer's address, as the internet sees it. */
  const ask = (): Promise<string> => said("internet", "curl", "-s", "-m", "1", `http://${ADDRESS}/hostname`);
  const speakers = (nodes = ["node1", "node2", "node3"]): string[] =>
    nodes.filter((node) => inside(node, "ip", "neigh", "show", "proxy").includes(ADDRESS));
  const others = (node: string): string[] => ["node1", "node2", "node3"].filter((one) => one !== node);

  const probeIsHeard = async (): Promise<void> => {
    inside("node1", "rm", "-f", "/tmp/web-1");
    await expect.poll(() => endpoints("node3"), WAIT).toEqual([WEB_2]);
    await expect.poll(() => endpoints("node2"), WAIT).toEqual([WEB_2]);
    await expect.poll(resolved, WAIT).toEqual([WEB_2]);
    await expect.poll(ask, WAIT).toBe("web-2");
    inside("node1", "touch", "/tmp/web-1");
    await expect.poll(() => endpoints("node3"), WAIT).toEqual([WEB_1, WEB_2]);
    await expect.poll(resolved, WAIT).toEqual([WEB_1, WEB_2]);
  };

  test("volumes are files there as well", async () => {
    expect(await said("pod/files", "cat", "/k8snet-test/word")).toBe("one");
  });

  test(
    "a probe that fails takes the pod out of rules and DNS, and back when it passes",
    { timeout: 120_000 },
    async () => {
      // A pod whose file was not there at the first look is ready at the next.
      await expect.poll(() => endpoints("node3"), WAIT).toEqual([WEB_1, WEB_2]);
      await probeIsHeard();
      endedWith(0, await docker.run("check", NAME, "--plain"));
      expect((await docker.run("up", file, "--plain")).stdout).toContain("nothing differs");
    },
  );

  test("the same after the hub was killed and another one has taken over", { timeout: 180_000 }, async () => {
    process.kill(Number.parseInt(readFileSync(join(STATE, `${NAME}.lock`), "utf8"), 10), "SIGKILL");
    await expect.poll(async () => (await docker.run("ls")).stdout, WAIT).toMatch(/dkcond +dead/);
    endedWith(0, await docker.run("check", NAME, "--plain"));
    await probeIsHeard();
  });

  test(
    "when the speaker's link goes down another node takes its address over, and gives it back",
    { timeout: 120_000 },
    async () => {
      const [first = ""] = speakers();
      await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
      inside(first, "ip", "link", "set", "eth0", "down");
      await expect.poll(() => speakers(others(first)), WAIT).toHaveLength(1);
      await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
      inside(first, "ip", "link", "set", "eth0", "up");
      await expect.poll(() => speakers(), WAIT).toEqual([first]);
      await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
    },
  );

  test(
    "also when its container is killed: the others keep running, it stays down until up",
    { timeout: 180_000 },
    async () => {
      const [first = ""] = speakers();
      engine.docker("kill", `k8snet-lab.${NAME}.${first}`);
      await expect.poll(() => speakers(others(first)), WAIT).toHaveLength(1);
      const [node = "", watching = ""] = others(first);
      const pod = node === "node1" ? "web-1" : "web-2";
      inside(node, "rm", "-f", `/tmp/${pod}`);
      await expect.poll(() => endpoints(watching), WAIT).toHaveLength(1);
      expect((await docker.run("ls")).stdout).toContain(`lost: ${first}`);
      expect(engine.docker("ps", "--format", "{{.Names}}")).not.toContain(first);
      inside(node, "touch", `/tmp/${pod}`);
      await expect.poll(() => endpoints(watching), WAIT).toEqual([WEB_1, WEB_2]);
      endedWith(0, await docker.run("up", file, "--plain"));
      await expect.poll(() => speakers(), WAIT).toEqual([first]);
      await expect.poll(ask, WAIT).toMatch(/^web-[12]$/);
      await expect.poll(() => endpoints(first), WAIT).toEqual([WEB_1, WEB_2]);
    },
  );
});
