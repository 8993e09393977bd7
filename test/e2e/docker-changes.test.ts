/** A lab in containers that is changed while it runs: pods that go leave nothing in their node's container. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithEngine, dockerCli, endedWith } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const NAME = "e2e-docker-changes";

function lab(container = ""): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2], dns: false }
  checks: [ { name: shares, from: pod/client, balanced: "svc/web:80", connections: 60 } ]
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: 3, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { containerPort: 80 } ], ${container} } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: c } ] } }
`;
}
const version = (text: string): string => lab(`env: [ { name: VERSION, value: "${text}" } ]`);

describeWithEngine("changes in containers", whyNoEngine(), () => {
  let engine: TestEngine;
  let docker: DockerCli;
  let folder = "";
  let file = "";

  beforeAll(async () => {
    engine = await startEngine("k8snetchange");
    docker = dockerCli(engine);
    folder = mkdtempSync(join(tmpdir(), "e2e-docker-changes-"));
    file = join(folder, "lab.yaml");
  }, 400_000);
  afterAll(async () => {
    await engine?.stop();
    if (folder !== "") rmSync(folder, { recursive: true });
  }, 60_000);

  const webPods = (): string[] =>
    ["node1", "node2"]
      .flatMap((node) => engine.docker("exec", `k8snet-lab.${NAME}.${node}`, "ip", "netns", "list").split("\n"))
      .flatMap((line) => /\bdefault\.(web-\S+)/.exec(line)?.[1] ?? [])
      .toSorted();

  test(
    "another template, killed in the middle and again: other pods, and nothing of the old ones",
    { timeout: 180_000 },
    async () => {
      writeFileSync(file, lab());
      endedWith(0, await docker.run("up", file, "--plain"));
      const first = webPods();
      expect(first).toHaveLength(3);

      writeFileSync(file, version("2"));
      endedWith(0, await docker.run("up", file, "--plain"));
      const second = webPods();
      expect(second).toHaveLength(3);
      expect(second.filter((pod) => first.includes(pod))).toEqual([]);
      expect((await docker.run("up", file, "--plain")).stdout).toContain("nothing differs");

      writeFileSync(file, version("3"));
      const killed = docker.start("up", file, "--plain");
      await killed.printed("is started");
      killed.child.kill("SIGKILL");
      await killed.result;
      endedWith(0, await docker.run("up", file, "--plain"));
      const third = webPods();
      expect(third).toHaveLength(3);
      expect(third.filter((pod) => second.includes(pod))).toEqual([]);
      expect((await docker.run("up", file, "--plain")).stdout).toContain("nothing differs");
      endedWith(0, await docker.run("down", NAME));
      expect(docker.leftovers()).toEqual([]);
    },
  );
});
