/** Namespaces that were removed behind a lab's back fail the checks that need them, and are built again; what a kernel lacks is found before. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { probeFeatures } from "../../src/kernel/features.ts";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-gone";
let folder = "";

const lab = (protocol: string): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2] }
  checks:
    - { name: through the Service, from: pod/client, http: "http://web:80/", expect: { status: 200 }, within: 1s }
    - { name: where it is balanced to, from: pod/client, balanced: "svc/web:80", within: 1s }
    - { name: the pod itself, from: pod/client, ping: pod/web, within: 1s }
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: node1, containers: [{ name: c }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: node2, containers: [{ name: c, ports: [{ containerPort: 80, protocol: ${protocol} }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, protocol: ${protocol} }] }
`;

function file(text: string): string {
  const path = join(folder, "lab.yaml");
  writeFileSync(path, text);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "e2e-gone-"));
});
afterEach(async () => {
  if (tracesOf(NAME).length > 0) await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test("checks fail, one by one, and up repairs it", { timeout: 90_000 }, async () => {
  const path = file(lab("TCP"));
  expect((await cli(["up", path])).code).toBe(0);
  for (const ns of ["node1", "node1.default.client"]) execFileSync("ip", ["netns", "del", `${NAME}.${ns}`]);
  // The agent still has them open, until it looks for them.
  expect((await cli(["up", "--dry-run", path])).code).toBe(0);
  const entered = await cli(["exec", NAME, "pod/client", "--", "true"]);
  expect(entered).toMatchObject({ code: 4 });
  expect(entered.stderr).toContain("is gone");
  const checked = await cli(["check", NAME]);
  expect(checked.code).toBe(1);
  expect(checked.stderr).not.toContain("bug");
  expect((await cli(["up", path])).code).toBe(0);
  expect((await cli(["check", NAME])).code).toBe(0);
});

test("a server on an SCTP port where the kernel has no SCTP: exit 3, nothing is made", async ({ skip }) => {
  if (probeFeatures(["sctp"]).sctp?.ok === true) skip("this kernel has SCTP");
  const built = await cli(["up", "--no-checks", file(lab("SCTP").replace(/ {2}checks:[^]*?---/, "---"))]);
  expect(built.code).toBe(3);
  expect(built.stderr).toContain("a server on an SCTP port cannot be built here");
  expect(tracesOf(NAME)).toEqual([]);
});
