/**
 * `up` with another pod template: rolled out while requests come in all the time.
 * client on node1 asks web, pods of a Deployment behind a Service.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, startCli, tracesOf } from "./cli.ts";

const NAME = "e2e-up-rollout";
let folder = "";
let file = "";

interface Web {
  readonly spec?: string;
  /** Of the container. */
  readonly more?: string;
  readonly port?: number;
  readonly objects?: string;
}

function write({ spec = "replicas: 3,", more = "", port = 80, objects = "" }: Web = {}): void {
  const strategy = "strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },";
  writeFileSync(
    file,
    `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2], dns: false }
  checks: [ { name: shares, from: pod/client, balanced: "svc/web:80", connections: 60, expect: { endpoints: [deploy/web] } } ]
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { ${spec} ${strategy} selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { name: http, containerPort: ${port} } ], ${more} } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [ { port: 80, targetPort: http } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: c, command: [sleep, infinity] } ] } }
${objects}`,
  );
}

const CLIENT = `${NAME}.node1.default.client`;
const namespaces = (): string[] =>
  execFileSync("ip", ["netns", "list"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
const webPods = (): string[] =>
  namespaces()
    .flatMap((ns) => /\.default\.(web-\S+)$/.exec(ns)?.[1] ?? [])
    .toSorted();

/** One request after the other until the work is done: how many there were, and what the lost ones said. */
async function during<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly asked: number; readonly lost: string[] }> {
  const over = join(folder, "over");
  rmSync(over, { force: true });
  const loop = `n=0; until [ -e ${over} ]; do n=$((n+1)); curl -sS -m 20 -o /dev/null http://10.96.0.80/ || echo "request $n: $?"; done; echo "asked $n"`;
  const load = execa("ip", ["netns", "exec", CLIENT, "bash", "-c", loop], { reject: false, all: true });
  try {
    const result = await work();
    writeFileSync(over, "");
    const { all } = await load;
    const lines = all.split("\n");
    const asked = Number(/^asked (\d+)$/.exec(lines.at(-1) ?? "")?.[1]);
    return { result, asked, lost: lines.slice(0, -1) };
  } finally {
    writeFileSync(over, "");
    await load;
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-up-rollout-"));
  file = join(folder, "lab.yaml");
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test(
  "another template: pod by pod, no request is lost, and what else the file says is there",
  { timeout: 120_000 },
  async () => {
    write();
    expect((await cli(["up", file, "--plain"])).code).toBe(0);
    const before = webPods();
    const objects = `---\n{ apiVersion: v1, kind: Pod, metadata: { name: later }, spec: { containers: [ { name: c } ] } }\n`;
    write({ port: 8080, objects });
    const dry = await cli(["up", file, "--dry-run", "--plain"]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/rollout of Deployment default\/web: web-\w+ → web-\w+, 3 pods/);
    expect(dry.stdout).toMatch(/round 1: pod\/web-\S+ is started on node/);
    expect(webPods()).toEqual(before);
    expect(namespaces().filter((ns) => ns.endsWith(".default.later"))).toEqual([]);
    const { result, asked, lost } = await during(() => cli(["up", file, "--plain"]));
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
    expect(result.stdout).toContain("at most 4, at least 3 of them ready");
    expect(lost).toEqual([]);
    expect(asked).toBeGreaterThan(3);
    expect(webPods()).toHaveLength(3);
    expect(webPods().filter((pod) => before.includes(pod))).toEqual([]);
    expect(namespaces().filter((ns) => ns.endsWith(".default.later"))).toHaveLength(1);
    expect((await cli(["up", file, "--plain"])).stdout).toContain("nothing differs");
    expect(webPods()).toHaveLength(3);
  },
);

test(
  "a template that never gets ready is reported with its pod; the old pods keep serving, and a fixed one takes over",
  { timeout: 120_000 },
  async () => {
    write();
    expect((await cli(["up", file, "--plain"])).code).toBe(0);
    const before = webPods();
    const probe = "readinessProbe: { tcpSocket: { port: http }, periodSeconds: 1, failureThreshold: 1 },";
    // Its program does not listen.
    const broken = `command: [sleep, infinity], ${probe}`;
    write({ spec: "replicas: 3, progressDeadlineSeconds: 2,", more: broken });
    const { result, lost } = await during(() => cli(["up", file, "--plain"]));
    expect(result.code).toBe(1);
    expect(webPods()).toHaveLength(4);
    expect(webPods()).toEqual(expect.arrayContaining(before));
    const fresh = webPods().find((pod) => !before.includes(pod)) ?? "";
    expect(result.stderr).toContain('deployment "web" exceeded its progress deadline (2 s)');
    expect(result.stderr).toContain(`pod/${fresh} on node`);
    expect(result.stderr).toMatch(/its readinessProbe \(tcp 10\.244\.\d+\.\d+:80\) does not pass; 3 old pods stay/);
    expect(lost).toEqual([]);

    // Ctrl-C while it waits: the lab stays as it is.
    write({ more: broken });
    const interrupted = startCli(["up", file, "--plain", "--no-checks"]);
    await interrupted.printed("rollout of");
    interrupted.child.kill("SIGINT");
    const { code, stderr } = await interrupted.result;
    expect(code).toBe(130);
    expect(stderr).toContain("the lab stays in its current state");
    expect(webPods()).toEqual(expect.arrayContaining(before));

    write({ spec: "replicas: 3, progressDeadlineSeconds: 30,", more: probe });
    const mended = await during(() => cli(["up", file, "--plain"]));
    expect(mended.result.stderr).toBe("");
    expect(mended.result.code).toBe(0);
    expect(mended.lost).toEqual([]);
    expect(webPods()).toHaveLength(3);
    expect(webPods().filter((pod) => pod === fresh || before.includes(pod))).toEqual([]);
  },
);

test(
  "up that is killed in the middle leaves a lab that serves, and the next up continues",
  { timeout: 120_000 },
  async () => {
    write();
    expect((await cli(["up", file, "--plain"])).code).toBe(0);
    const before = webPods();
    // Every new pod takes its time, so that the command is killed before the last one.
    write({ more: "readinessProbe: { tcpSocket: { port: http }, initialDelaySeconds: 3, periodSeconds: 1 }," });
    const { result, lost } = await during(async () => {
      const killed = startCli(["up", file, "--plain"]);
      await killed.printed("is started");
      killed.child.kill("SIGKILL");
      const { signal } = await killed.result;
      return { signal, between: webPods(), again: await cli(["up", file, "--plain"]) };
    });
    expect(result.signal).toBe("SIGKILL");
    expect(result.between).toEqual(expect.arrayContaining(before));
    expect(result.between).toHaveLength(4);
    expect(result.again.stderr).toBe("");
    expect(result.again.code).toBe(0);
    expect(lost).toEqual([]);
    expect(webPods()).toHaveLength(3);
    expect(webPods().filter((pod) => before.includes(pod))).toEqual([]);
    expect(readFileSync(`/run/k8snet-lab/${NAME}/agent.log`, "utf8")).toBe("");
  },
);
