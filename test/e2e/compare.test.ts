/** A lab with another network than its file's, and networks compared: nothing of it stays. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, startCli, tracesOf } from "./cli.ts";

const NAME = "e2e-networks";
const folder = mkdtempSync(join(tmpdir(), "e2e-networks-"));
const file = join(folder, "lab.yaml");
/*
 *   pod/client ─ node1 ══ node2 ─ pod/web
 */
const LAB = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2], dns: false, cni: { ipMasq: true } }
  checks:
    - { name: the way, from: pod/client, path: pod/web, expect: { crosses: [node1/tunnel, node2/tunnel] } }
    - { name: a device of Flannel's, from: node1, state: { link: flannel.1 }, only: flannel tunnel }
    - { name: ends, from: pod/client, ping: pod/web, expect: { ttl: 62 }, plugins: { calico: { expect: { ttl: 61 } } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: client }, spec: { nodeName: node1, containers: [{ name: c }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { nodeName: node2, containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }
`;

beforeAll(() => writeFileSync(file, LAB));
afterAll(async () => {
  await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test("up with another plugin: kept with the lab, and the file's without it", { timeout: 120_000 }, async () => {
  const first = await cli(["up", file, "--cni", "kindnet", "--plain"]);
  expect(first.code, first.stdout + first.stderr).toBe(0);
  expect(first.stdout).toContain("--cni kindnet: ipMasq is a setting of flannel, and left out");
  expect(first.stdout).toContain(`check "a device of Flannel's" is left out: it is about flannel tunnel`);
  for (const again of [[file, "--cni", "kindnet"], [NAME]])
    expect((await cli(["up", ...again, "--plain"])).stdout, again.join(" ")).toContain(
      "nothing differs from the lab file",
    );
  expect((await cli(["check", file])).code).toBe(0);
  expect((await cli(["diff", file])).code).toBe(1);
  expect((await cli(["diff", file, "--cni", "kindnet"])).code).toBe(0);

  const dry = await cli(["up", file, "--dry-run", "--plain"]);
  expect(dry.stdout).toContain(
    "the lab was built with --cni kindnet; without it, it gets the network that its file says",
  );
  expect(dry.stdout).toContain(":node1:flannel.1");
  const back = await cli(["up", file, "--plain"]);
  expect(back.code, back.stdout + back.stderr).toBe(0);
  expect((await cli(["diff", file])).code).toBe(0);
});

test("networks side by side, as JSON; what cannot be built is one of them", { timeout: 90_000 }, async () => {
  const argv = ["compare", file, "--cni", "flannel,flannel:backend=host-gw,calico,cni:conflist=none.conflist"];
  const { code, stdout, stderr } = await cli([...argv, "--json"], { limit: 80_000 });
  expect(code, stderr).toBe(1);
  interface Found {
    readonly problem?: string;
    readonly checks: readonly { name: string; status: string }[];
    readonly leftOut: readonly { name: string }[];
    readonly ways: readonly Record<string, unknown>[];
  }
  const [flannel, hostGw, calico, cni] = (JSON.parse(stdout) as { networks: readonly Found[] }).networks;
  const failed = (one?: Found) => one?.checks.flatMap(({ name, status }) => (status === "failed" ? [name] : []));
  expect([flannel, hostGw, calico].map((one) => one?.problem)).toEqual([undefined, undefined, undefined]);
  expect([failed(flannel), failed(hostGw), failed(calico)]).toEqual([[], [], ["ends"]]);
  expect(hostGw?.leftOut.map(({ name }) => name)).toEqual(["a device of Flannel's"]);
  expect(flannel?.ways[0]).toMatchObject({ to: "pod/web:80", source: "10.244.0.2", ttl: 62, mtu: 1450, encapsulation: 50, outcome: "open" }); // prettier-ignore
  expect(flannel?.ways[0]?.["devices"]).toContain("node1: flannel.1 →");
  expect(hostGw?.ways[0]).toMatchObject({ ttl: 62, mtu: 1500, encapsulation: 0 });
  expect(calico?.ways[0]?.["rules"]).toBeGreaterThan(hostGw?.ways[0]?.["rules"] as number);
  expect(cni?.problem).toContain("none.conflist");
  expect(tracesOf(`${NAME}-compare`)).toEqual([]);
});

test("an interrupted comparison leaves nothing", { timeout: 60_000 }, async () => {
  const run = startCli(["compare", file, "--cni", "kindnet,calico", "--kube-proxy", "iptables,nftables"]);
  await run.printed("2/4 kindnet, nftables");
  run.child.kill("SIGTERM");
  expect((await run.result).code).toBe(130);
  expect(tracesOf(`${NAME}-compare`)).toEqual([]);
});
