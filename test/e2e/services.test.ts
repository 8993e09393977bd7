/**
 * Services from the command line, in both modes: the verdict of three voices, what it says of rules that somebody has
 * tampered with, and explain. client and web-1 on node1, web-2 on node2.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-svc";
let folder = "";
let file = "";

function pod(name: string, node: string, labels = ""): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}${labels} }
spec: { nodeName: ${node}, containers: [{ name: main, ports: [{ containerPort: 80 }] }] }
`;
}

function lab(mode: "iptables" | "nftables"): string {
  return `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2], kubeProxy: { mode: ${mode} }, dns: false }
  checks:
    - { name: shares, from: pod/client, balanced: "svc/web:80", within: 1s }
    - { name: source, from: pod/client, nat: "svc/web:80", within: 1s, expect: { source: client } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.50, selector: { app: web }, ports: [{ port: 80 }] }
${pod("web-1", "node1", ", labels: { app: web }")}${pod("web-2", "node2", ", labels: { app: web }")}${pod("client", "node1")}`;
}

const onNode1 = (...argv: string[]): string =>
  execFileSync("ip", ["netns", "exec", `${NAME}.node1`, ...argv], { encoding: "utf8" });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-svc-"));
  file = join(folder, "lab.yaml");
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test("iptables: oracle, rules and packets agree; a rule changed by hand is found to differ from Kubernetes and from the packets", async () => {
  writeFileSync(file, lab("iptables"));
  const up = await cli(["up", file, "--plain"]);
  expect(up.stderr + up.stdout).toContain("2 passed");
  const chain =
    /-A KUBE-SERVICES -d 10\.96\.0\.50\/32 .*-j (KUBE-SVC-\w+)/.exec(onNode1("iptables-save", "-t", "nat"))?.[1] ?? "";

  const way = await cli(["explain", NAME, "pod/client", "svc/web:80"]);
  expect(way.stdout).toContain("decided on node1, mode iptables");
  expect(way.stdout).toContain(`jump ${chain}`);
  expect(way.stdout).toContain("50.0 %: 10.244.0.2:80 (pod/web-1 on node1), source kept");
  expect(way.stdout).toMatch(/lab\.yaml:\d+:\d+ Service default\/web/);
  expect(way.stdout).toMatch(/lab\.yaml:\d+:\d+ Pod default\/web-1/);

  const back = await cli(["explain", NAME, chain]);
  expect(back.stdout).toContain("reached from");
  expect(back.stdout).toMatch(/default\/web -> 10\.244\.1\.2:80.*\n\s+← .*lab\.yaml:\d+:\d+ Pod default\/web-2/);

  onNode1(
    "iptables",
    "-t",
    "nat",
    "-R",
    chain,
    "2",
    "-m",
    "statistic",
    "--mode",
    "random",
    "--probability",
    "0.9",
    "-j",
    `KUBE-SEP-${/-j KUBE-SEP-(\w+)/.exec(onNode1("iptables", "-t", "nat", "-S", chain))?.[1] ?? ""}`,
  );
  const uneven = await cli(["check", NAME, "--plain"]);
  expect(uneven.code).toBe(1);
  expect(uneven.stdout + uneven.stderr).toContain(
    "the rules give 10.244.0.2:80 90.0 % of the connections instead of 50.0 %",
  );

  onNode1("iptables", "-t", "nat", "-I", chain, "1", "-j", "KUBE-MARK-MASQ");
  const masked = await cli(["check", NAME, "--plain", "--only", "source"]);
  expect(masked.code).toBe(1);
  const words = (masked.stdout + masked.stderr).replaceAll(/\s+/g, " ");
  expect(words).toContain(
    "the rules do not do what Kubernetes promises: Kubernetes: 10.244.0.2:80 or 10.244.1.2:80, source kept; iptables rules of node1: 10.244.0.2:80 or 10.244.1.2:80, masqueraded; packets:",
  );
});

test("nftables: the same verdicts, and the map's element leads back to the Service", async () => {
  writeFileSync(file, lab("nftables"));
  const up = await cli(["up", file, "--plain"]);
  expect(up.stderr + up.stdout).toContain("2 passed");
  const way = await cli(["explain", NAME, "svc/web"]);
  expect(way.stdout).toContain("mode nftables");
  expect(way.stdout).toMatch(
    /vmap @service-ips\n.*goto service-\w{8}-default\/web\/tcp\/ +← .*lab\.yaml:\d+:\d+ Service default\/web/,
  );
  expect(way.stdout).toContain("DNAT to 10.244.1.2:80");
});

test("what explain does not know is an input error with what there is", async () => {
  writeFileSync(file, lab("iptables"));
  await cli(["up", file, "--plain"]);
  for (const [args, message] of [
    [["svc/wbe"], 'did you mean "svc/web"?'],
    [["pod/client", "svc/web:81x"], "ports: 80"],
    [["pod/client"], "missing destination"],
    [["KUBE-SVC-NONE"], "no node of e2e-svc has a chain"],
    [["internet", "svc/web:80"], "internet is outside the cluster"],
  ] as const) {
    const result = await cli(["explain", NAME, ...args]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  }
});
