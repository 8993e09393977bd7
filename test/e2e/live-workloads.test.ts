/**
 * A StatefulSet and a DaemonSet that are changed while they run, as a user does it: scaled, restarted, deleted, and `up` with
 * another template. client on node1 asks DNS for members and its own node's agent.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-workloads";
let folder = "";
let file = "";

const template = (app: string, version: string): string =>
  `selector: { matchLabels: { app: ${app} } }, template: { metadata: { labels: { app: ${app}, version: "${version}" } }, spec: { containers: [ { name: c, ports: [ { containerPort: 80 } ] } ] } }`;

const lab = (version: string, partition: number): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster:
    nodes: [node1, node2, { name: node3, taints: ["gpu:NoSchedule"] }]
---
{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db }, spec: { serviceName: db, replicas: 3, updateStrategy: { rollingUpdate: { partition: ${partition} } }, ${template("db", version)} } }
---
{ apiVersion: v1, kind: Service, metadata: { name: db }, spec: { clusterIP: None, selector: { app: db }, ports: [ { port: 80 } ] } }
---
{ apiVersion: apps/v1, kind: DaemonSet, metadata: { name: agent }, spec: { ${template("agent", version)} } }
---
{ apiVersion: v1, kind: Service, metadata: { name: agent }, spec: { internalTrafficPolicy: Local, selector: { app: agent }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: c, command: [sleep, infinity] } ] } }
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-workloads-"));
  file = join(folder, "lab.yaml");
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

async function run(...args: string[]): Promise<string> {
  const result = await cli(args);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  return result.stdout;
}

/** Pods and their network namespaces as the host calls them. */
function pods(app: string): ReadonlyMap<string, string> {
  const lines = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, ns = "", pod = ""] = /^(e2e-workloads\.node\d\.default\.(\S+))/.exec(line) ?? [];
      return pod.startsWith(`${app}-`) ? [[pod, ns] as const] : [];
    }),
  );
}
const names = (app: string): string[] => [...pods(app).keys()].toSorted();
const nodes = (app: string): string[] =>
  [...pods(app).values()].map((ns) => ns.replace(/^.*(node\d).*$/, "$1")).toSorted();
const inside = (ns: string, ...argv: string[]): string => execFileSync("ip", ["-n", ns, ...argv], { encoding: "utf8" });
/** An address on lo lives as long as the pod: by it one is known again. */
function mark(): void {
  for (const ns of pods("db").values()) inside(ns, "addr", "add", "192.0.2.1/32", "dev", "lo");
}
const marked = (): string[] =>
  [...pods("db")].flatMap(([pod, ns]) => (inside(ns, "addr").includes("192.0.2.1") ? [pod] : [])).toSorted();
const ask = (url: string): Promise<string> =>
  run("exec", NAME, "pod/client", "--", "curl", "-sS", "-m", "2", `http://${url}/hostname`);

test(
  "StatefulSet: names last, DNS follows, a partition holds; DaemonSet: each node keeps one",
  { timeout: 240_000 },
  async () => {
    writeFileSync(file, lab("1", 0));
    await run("up", file, "--plain");
    expect(names("db")).toEqual(["db-0", "db-1", "db-2"]);
    expect(nodes("agent")).toEqual(["node1", "node2"]);

    await run("scale", NAME, "sts/db", "--replicas", "4");
    expect(names("db")).toEqual(["db-0", "db-1", "db-2", "db-3"]);
    expect(await ask("db-3.db")).toBe("db-3");

    mark();
    await run("delete", NAME, "pod/db-1");
    expect(names("db")).toEqual(["db-0", "db-1", "db-2", "db-3"]);
    expect(marked()).toEqual(["db-0", "db-2", "db-3"]);
    expect(await ask("db-1.db")).toBe("db-1");

    const agents = names("agent");
    await run("delete", NAME, "ds/agent#1");
    expect(nodes("agent")).toEqual(["node1", "node2"]);
    expect(names("agent").filter((name) => agents.includes(name))).toHaveLength(1);
    expect(await ask("agent")).toMatch(/^agent-/);

    // Another template, and three replicas again.
    writeFileSync(file, lab("2", 2));
    const oldAgents = names("agent");
    const said = await run("up", file, "--plain");
    expect(said).toContain("rollout of StatefulSet default/db");
    expect(said).toContain("rollout of DaemonSet default/agent");
    expect(names("db")).toEqual(["db-0", "db-1", "db-2"]);
    // db-1 was replaced above, db-2 by the rollout, db-3 has gone.
    expect(marked()).toEqual(["db-0"]);
    expect(names("agent").filter((name) => oldAgents.includes(name))).toEqual([]);
    expect(await ask("db-2.db")).toBe("db-2");

    const restarted = names("agent");
    await run("rollout", NAME, "ds/agent");
    expect(names("agent").filter((name) => restarted.includes(name))).toEqual([]);
    expect(nodes("agent")).toEqual(["node1", "node2"]);
    const refused = await cli(["scale", NAME, "ds/agent", "--replicas", "3"]);
    expect(refused.stderr).toContain('daemonsets "agent" scaling is not supported');
    expect(refused.code).toBe(2);
  },
);
