/** `probe`: outcomes, exit codes, the story of a lost packet, and --watch, which sees a lab break and heal. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-probe";
const folder = mkdtempSync(join(tmpdir(), "e2e-probe-"));
const file = join(folder, "lab.yaml");
const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }`;
const forwarding = (on: 0 | 1): unknown =>
  execFileSync("ip", ["netns", "exec", `${NAME}.node1`, "sysctl", "-qw", `net.ipv4.ip_forward=${on}`]);

beforeAll(async () => {
  writeFileSync(
    file,
    [
      `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${NAME} }, spec: { cluster: { nodes: [node1, node2] } } }`,
      pod("client", "node1"),
      pod("web", "node2"),
      "{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] } }",
    ].join("\n---\n"),
  );
  expect((await cli(["up", file])).code).toBe(0);
}, 30_000);
afterAll(async () => {
  await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test.each([
  [["pod/web:80"], 0, "tcp: open, answered by web"],
  [["svc/web:http"], 0, "tcp: open, answered by web"],
  [["pod/web"], 0, "TTL 62"],
  [["svc/web:80", "--http", "/"], 0, "status 200 from web"],
  [["--dns", "web.default.svc.cluster.local"], 0, "NOERROR"],
  [["pod/web:81"], 1, "refused (ECONNREFUSED)"],
  [["pod/web:81", "--expect", "refused"], 0, "refused"],
  [["pod/web", "--size", "1472", "--df"], 1, "next-hop MTU 1450"],
  [["pod/nosuch:80"], 2, 'there is no pod "nosuch"'],
] as const)("%j", async (args, code, text) => {
  const ran = await cli(["probe", NAME, "pod/client", ...args]);
  expect(ran.code).toBe(code);
  expect(ran.stdout + ran.stderr).toContain(text);
});

test("a matrix without YAML", async () => {
  const { code, stdout } = await cli(["probe", NAME, "all", "all:80"]);
  expect(code).toBe(0);
  expect(stdout).toContain("2 as expected: 2 open");
});

test("in a matrix, a pod in which nothing listens refuses; one that is to be open is not", async () => {
  const refused = await cli(["probe", NAME, "all", "all:81"]);
  expect(refused).toMatchObject({ code: 0, stdout: expect.stringContaining("2 as expected: 2 refused") as string });
  expect(refused.stdout).toContain("nothing listens there: pod/client, pod/web");
  expect((await cli(["probe", NAME, "all", "all:81", "--expect", "open"])).code).toBe(1);
});

test("a lost packet has its story, and --watch sees the lab heal", { timeout: 60_000 }, async () => {
  forwarding(0);
  const { code, stdout } = await cli(["probe", NAME, "pod/client", "pod/web:80"]);
  expect(code).toBe(1);
  expect(stdout).toContain("differs:    node1: net.ipv4.ip_forward is 0, should be 1");
  // Long enough for a look that fails, and what follows it; the lab heals as soon as the first failure is printed.
  const watching = cli(["probe", NAME, "pod/client", "pod/web:80", "--watch", "--for", "8s", "--interval", "100ms"]);
  await cli(["probe", NAME, "pod/client", "pod/web:80"]);
  forwarding(1);
  const watched = await watching;
  expect(watched.stdout).toContain("✗ pod/client → pod/web:80 tcp");
  expect(watched.stdout).toMatch(/works again after .*: ✓ pod\/client → pod\/web:80 tcp: open/);
  expect(watched.stdout).toMatch(/ attempts as expected, 1 change\n$/);
  expect(watched.code).toBe(0);
});
