/** WireGuard between machines that are containers: by the kernel, or by wireguard-go, also where it comes into a running lab. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngine, whyNoEngine, type TestEngine } from "./docker-engine.ts";
import { describeWithEngine, dockerCli, endedWith, type DockerCli } from "./docker-run.ts";

const NAME = "e2e-docker-wireguard";
const PLAIN = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2] }
`;
const LAB = `${PLAIN}  topology:
    nodes:
      node1: { wireguards: { wg0: { addresses: [10.8.0.1/24], peers: [{ node: node2 }] } } }
      node2: { wireguards: { wg0: { addresses: [10.8.0.2/24], peers: [{ node: node1 }] } } }
  checks:
    - { name: through the tunnel, from: node1, ping: 10.8.0.2, expect: open }
`;

describeWithEngine("WireGuard in containers", whyNoEngine(), () => {
  let engine: TestEngine;
  let docker: DockerCli;
  const folder = mkdtempSync(join(tmpdir(), "e2e-docker-wireguard-"));
  const file = join(folder, "lab.yaml");

  beforeAll(async () => {
    engine = await startEngine("k8snetwireguard");
    docker = dockerCli(engine);
    writeFileSync(file, PLAIN);
  }, 400_000);
  afterAll(async () => {
    await docker?.run("down", NAME);
    await engine?.stop();
    rmSync(folder, { recursive: true });
  }, 60_000);

  test("packets go through it, also in a lab that was up before", { timeout: 120_000 }, async () => {
    endedWith(0, await docker.run("up", file, "--plain"));
    writeFileSync(file, LAB);
    endedWith(0, await docker.run("up", file, "--plain"));
    expect((await docker.run("diff", NAME)).stdout).toContain("nothing differs");
    expect((await docker.run("exec", NAME, "node1", "--", "wg", "show", "wg0", "peers")).stdout).toMatch(/^\S{44}\n$/);
    endedWith(0, await docker.run("down", NAME));
    expect(docker.leftovers()).toEqual([]);
  });
});
