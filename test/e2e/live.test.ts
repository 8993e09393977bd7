/**
 * A lab that is changed while it runs: scaled, rolled out, pods deleted and made not ready, as a user does it.
 * client on node1 asks web, three pods of a Deployment behind a Service.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-live";
let folder = "";
let file = "";

function lab(mode: "iptables" | "nftables", replicas = "replicas: 3,"): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2], kubeProxy: { mode: ${mode} } }
  checks: [ { name: shares, from: pod/client, balanced: "svc/web:80", connections: 100 } ]
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { ${replicas} selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: web, ports: [ { containerPort: 80 } ] } ] } } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: web-pods }, spec: { clusterIP: None, selector: { app: web }, ports: [ { port: 80 } ] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [ { name: c, command: [sleep, infinity] } ] } }
`;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-live-"));
  file = join(folder, "lab.yaml");
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

const inside = (ns: string, ...argv: string[]): string =>
  execFileSync("ip", ["netns", "exec", `${NAME}.${ns}`, ...argv], { encoding: "utf8" });

/** The web pods that are there: name → namespace as the host calls it. */
function webNamespaces(): ReadonlyMap<string, string> {
  const lines = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, ns = "", pod = ""] = /^e2e-live\.(node\d\.default\.(web-\S+))/.exec(line) ?? [];
      return pod === "" ? [] : [[pod, ns] as const];
    }),
  );
}
const webPods = (): string[] => [...webNamespaces().keys()].toSorted();
const addressOf = (pod: string): string =>
  /inet (10\.244\S+)\//.exec(inside(webNamespaces().get(pod) ?? "", "ip", "-4", "addr", "show", "eth0"))?.[1] ?? "";

async function run(...args: string[]): Promise<string> {
  const result = await cli(args);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  return result.stdout;
}

/** Addresses that the rules of node1 send to. */
function endpoints(mode: "iptables" | "nftables"): string[] {
  const rules =
    mode === "iptables"
      ? [...inside("node1", "iptables-save", "-t", "nat").matchAll(/default\/web".* --to-destination (\S+):80/g)]
      : [
          ...inside("node1", "nft", "list", "table", "ip", "kube-proxy").matchAll(
            /endpoint-\w+-default\/web\/tcp\/__(\S+)\/80 \{/g,
          ),
        ];
  return rules.map(([, address = ""]) => address).toSorted();
}

/** Addresses of the headless Service as a pod resolves them. */
async function resolved(): Promise<string[]> {
  const text = await run("exec", NAME, "pod/client", "--", "getent", "ahostsv4", "web-pods");
  return [...new Set(text.split("\n").flatMap((line) => /^(\S+)\s+STREAM/.exec(line)?.[1] ?? []))].toSorted();
}

for (const mode of ["iptables", "nftables"] as const) {
  test(
    `${mode}: rules, DNS and packets follow scale, rollout, delete and ready; the other pods stay as they are`,
    { timeout: 240_000 },
    async () => {
      writeFileSync(file, lab(mode));
      expect((await cli(["up", file, "--plain"])).code).toBe(0);
      const first = webPods();
      expect(first).toHaveLength(3);
      const before = new Map(first.map((pod) => [pod, addressOf(pod)]));

      const scaled = await run("scale", NAME, "deploy/web", "--replicas", "5");
      expect(scaled.match(/is started/g)).toHaveLength(2);
      expect(webPods()).toHaveLength(5);
      for (const [pod, address] of before) expect(addressOf(pod)).toBe(address);
      const five = webPods().map(addressOf).toSorted();
      expect(endpoints(mode)).toEqual(five);
      expect(await resolved()).toEqual(five);

      const [victim = ""] = webPods();
      await run("ready", NAME, `pod/${victim}`, "--not");
      expect(endpoints(mode)).toEqual(five.filter((address) => address !== addressOf(victim)));
      expect(await resolved()).toEqual(five.filter((address) => address !== addressOf(victim)));

      await run("scale", NAME, "deploy/web", "--replicas", "2");
      // Who is not ready goes first.
      expect(webPods()).not.toContain(victim);
      const [gone = "", stays = ""] = webPods();
      await run("delete", NAME, `pod/${gone}`);
      expect(webPods()).toHaveLength(2);
      expect(webPods()).toContain(stays);
      expect(webPods()).not.toContain(gone);

      await run("rollout", NAME, "deploy/web");
      expect(webPods()).toHaveLength(2);
      expect(webPods()).not.toContain(stays);
      expect(endpoints(mode)).toEqual(webPods().map(addressOf).toSorted());
      await run("check", NAME, "--plain");

      // The file has its say again about the replicas; the pods of the rollout stay.
      const kept = webPods();
      await run("up", file, "--plain");
      expect(webPods()).toHaveLength(3);
      expect(webPods()).toEqual(expect.arrayContaining(kept));
    },
  );
}

test("what cannot be done is refused, with what could be meant", { timeout: 120_000 }, async () => {
  writeFileSync(file, lab("iptables", ""));
  expect((await cli(["up", file, "--no-checks", "--plain"])).code).toBe(0);
  for (const [args, message] of [
    [["scale", NAME, "deploy/wep", "--replicas", "2"], 'there is no "deploy/wep"'],
    [["scale", NAME, "deploy/web", "--replicas", "x"], "write a whole number"],
    [["rollout", NAME, "pod/client"], 'there is no "pod/client"'],
    [["delete", NAME, "node1"], '"node1" is not a pod'],
    [["delete", NAME, "pod/nobody"], 'there is no pod "nobody"'],
    [["label", NAME, "pod/client", "x"], '"x" is not a label'],
    [["scale", "e2e-nothing", "deploy/web", "--replicas", "2"], "there is no lab e2e-nothing"],
  ] as const) {
    const result = await cli(args);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(2);
  }
  // The manifest gives no replicas: what was asked for stays, also over `up`.
  await run("scale", NAME, "deploy/web", "--replicas", "2");
  await run("up", file, "--no-checks", "--plain");
  expect(webPods()).toHaveLength(2);
});

test(
  "steps: requests that are lost meanwhile fail the lab, with what was done and who answered",
  { timeout: 120_000 },
  async () => {
    const steps = `  steps:
    - { name: all at once, rollout: deploy/web, while: { from: pod/client, http: "http://web/" } }
    - { name: look, checks: [ { name: others, from: pod/client, balanced: "svc/web:80", connections: 60 } ] }
    - { name: no such command, run: { in: node1, command: ["false"] } }
---`;
    const text = lab("iptables", "replicas: 2, strategy: { type: Recreate },").replace("---", steps);
    writeFileSync(file, text);
    const result = await cli(["test", file, "--json"]);
    expect(result.code).toBe(1);
    const results = result.stdout
      .split("\n")
      .filter((line) => line.includes('"check-done"'))
      .map(
        (line) => (JSON.parse(line) as { result: { name: string; kind: string; status: string; got: string } }).result,
      );
    expect(results.map(({ name, kind, status }) => [name, kind, status])).toEqual([
      ["shares", "balanced", "passed"],
      ["all at once", "step", "passed"],
      ["all at once: requests during the step", "load", "failed"],
      ["look: others", "balanced", "passed"],
      ["no such command", "step", "failed"],
    ]);
    expect(results[2]?.got).toMatch(/^\d+ requests, [1-9]\d* lost \(first: \w+.* after [\d.]+ s\); answered by web-/);
    expect(results[4]?.got).toBe("exit code 1");
  },
);
