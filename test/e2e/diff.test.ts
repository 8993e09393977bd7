/** `diff` names each object that differs and what is not of the lab; `repair` fixes one, all, and removes what is foreign. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, tracesOf } from "./cli.ts";

const NAME = "e2e-diff";
const folder = mkdtempSync(join(tmpdir(), "e2e-diff-"));
const file = join(folder, "lab.yaml");
const inNode = (node: string, ...argv: string[]): unknown =>
  execFileSync("ip", ["netns", "exec", `${NAME}.${node}`, ...argv]);

interface Found {
  readonly differences: readonly { id: string; action: string; place: string; reason: string; commands: string[] }[];
  readonly foreign: readonly { place: string; what: string; command: string }[];
}
async function found(): Promise<Found> {
  return JSON.parse((await cli(["diff", NAME, "--json"])).stdout) as Found;
}

beforeAll(async () => {
  writeFileSync(
    file,
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${NAME} }, spec: { cluster: { nodes: [node1, node2] } } }`,
  );
  expect((await cli(["up", file])).code).toBe(0);
}, 30_000);
afterAll(async () => {
  await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

test("an untouched lab: nothing differs, exit 0", async () => {
  expect(await cli(["diff", NAME])).toMatchObject({ code: 0, stdout: `${NAME} and ${file}: nothing differs\n` });
});

test("each difference with its reason, line and command; repaired one by one", { timeout: 60_000 }, async () => {
  inNode("node1", "ip", "route", "del", "10.244.1.0/24");
  inNode("node2", "sysctl", "-qw", "net.ipv4.ip_forward=0");
  inNode("node2", "iptables", "-I", "FORWARD", "-d", "10.244.1.9", "-j", "DROP");
  const { differences, foreign } = await found();
  expect(differences.map(({ id, action, reason }) => [id, action, reason])).toEqual([
    ["sysctl:node2:net.ipv4.ip_forward", "update", "net.ipv4.ip_forward is 0, should be 1"],
    ["route:node1:10.244.1.0/24", "create", "missing"],
  ]);
  expect(foreign).toMatchObject([
    { place: "node2", what: expect.stringContaining("-d 10.244.1.9/32 -j DROP") as string },
  ]);
  const told = await cli(["diff", file]);
  expect(told.code).toBe(1);
  expect(told.stdout).toContain(`${file}:1:`);
  expect(told.stdout).toContain(`repair ${NAME} ID`);

  expect(await cli(["repair", NAME, "route:node1:10.244.9.0/24"])).toMatchObject({ code: 2 });
  expect((await cli(["repair", NAME, "route:node1:10.244.1.0/24"])).code).toBe(0);
  expect((await found()).differences.map(({ id }) => id)).toEqual(["sysctl:node2:net.ipv4.ip_forward"]);
  // The command that is printed does the same.
  execFileSync("sh", ["-c", differences[0]?.commands.join("\n") ?? "false"]);
  expect((await found()).differences).toEqual([]);
  expect((await cli(["diff", NAME])).stdout).toContain(
    `${file}: everything that belongs to the lab matches its file\n`,
  );

  const repaired = await cli(["repair", NAME, "--foreign"]);
  expect(repaired.code).toBe(0);
  expect(repaired.stdout).toContain("removed node2: iptables filter: rule FORWARD");
  expect((await cli(["diff", NAME])).code).toBe(0);
});

test("two labs: what the second has, lacks and has otherwise", async () => {
  const other = join(folder, "other.yaml");
  writeFileSync(
    other,
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: other }, spec: { cluster: { nodes: [node1], cni: { backend: host-gw } } } }`,
  );
  const { code, stdout } = await cli(["diff", file, other]);
  expect(code).toBe(1);
  expect(stdout).toContain("- node1: vxlan flannel.1");
  expect(stdout).toContain("- node2: ");
  expect(stdout).not.toContain("repair");
  expect((await cli(["diff", NAME, file])).code).toBe(0);
});
