/** minReadySeconds with nobody waiting: the agent itself sees to it that a rolling update goes on when pods have been ready for long enough. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-minready";
const SECONDS = 2;
let folder = "";
let file = "";

const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec: { cluster: { nodes: [node1], dns: false } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  minReadySeconds: ${SECONDS}
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, ports: [ { containerPort: 80 } ], readinessProbe: { periodSeconds: 1, tcpSocket: { port: 80 } } }
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-minready-"));
  file = join(folder, "lab.yaml");
  writeFileSync(file, LAB);
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

const pods = (): string[] =>
  [
    ...execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).matchAll(/^e2e-minready\.node1\.default\.(\S+)/gm),
  ].map(([, name = ""]) => name);

test("a rolling update waits for each pod, and continues on its own", { timeout: 90_000 }, async () => {
  expect(await cli(["up", "--plain", file])).toMatchObject({ code: 0, stderr: "" });
  const old = pods();
  expect(old).toHaveLength(2);
  const begun = performance.now();
  expect(await cli(["rollout", NAME, "deploy/web", "--no-wait"])).toMatchObject({ code: 0, stderr: "" });
  await vi.waitFor(
    () => {
      const now = pods();
      expect(now.filter((name) => old.includes(name))).toEqual([]);
      expect(now).toHaveLength(2);
    },
    { timeout: 60_000, interval: 100 },
  );
  // One after the other: the second new pod is made when the first one has been ready for so long.
  expect(performance.now() - begun).toBeGreaterThan(2 * SECONDS * 1000);
});
