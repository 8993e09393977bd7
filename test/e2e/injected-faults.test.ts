/** `fault` and `chaos` as a user runs them: injected, shown, left alone, undone, gone with the lab, whatever is killed meanwhile. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, startCli, tracesOf } from "./cli.ts";

const NAME = "e2e-injected";
const folder = mkdtempSync(join(tmpdir(), "e2e-injected-"));
const file = join(folder, "lab.yaml");
const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [{ name: c, ports: [{ containerPort: 80 }] }] } }`;

beforeAll(async () => {
  writeFileSync(
    file,
    [
      `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${NAME} }
spec:
  cluster: { nodes: [node1, node2] }
  faults: [{ name: cut, partition: { between: node1, and: node2 } }]
  checks: [{ name: web answers, from: pod/client, tcp: "pod/web:80", within: 2s }]
  steps:
    - { name: cut off, fault: cut, checks: [{ name: no answer, from: pod/client, tcp: "pod/web:80", expect: timeout }] }
    - { name: healed, undo: cut, checks: [{ name: an answer, from: pod/client, tcp: "pod/web:80" }] }
`,
      pod("client", "node1"),
      pod("web", "node2"),
    ].join("\n---\n"),
  );
  expect(await cli(["up", file])).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  await cli(["down", NAME]);
  rmSync(folder, { recursive: true });
  expect(tracesOf(NAME)).toEqual([]);
});

const works = async (): Promise<boolean> => (await cli(["probe", NAME, "pod/client", "pod/web:80"])).code === 0;

test("a fault outlives its command, is named, and is left alone until it is undone", { timeout: 90_000 }, async () => {
  const { code, stdout } = await cli(["fault", NAME, "loss", "node1/eth0", "percent=100"]);
  expect([code, stdout]).toEqual([0, "loss: loss: node1/eth0 loses 100 % of the packets\n"]);
  expect(await works()).toBe(false);
  const diff = await cli(["diff", NAME]);
  expect(diff).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("fault, on purpose: loss: node1/eth0") as string,
  });
  expect((await cli(["ls"])).stdout).toContain("1 fault on purpose");
  expect((await cli(["inspect", NAME, "node1"])).code).toBe(0);
  expect((await cli(["check", NAME])).stdout).toContain("fault, on purpose");
  expect((await cli(["repair", NAME])).code).toBe(0);
  expect(await works()).toBe(false);
  expect((await cli(["repair", NAME, "--faults"])).code).toBe(0);
  expect(await works()).toBe(true);
  expect((await cli(["fault", NAME])).stdout).toBe("no fault is active\n");
  expect(await cli(["diff", NAME])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing differs") as string,
  });
});

test("by the name that the lab file gives; up again leaves it, up --reset does not", { timeout: 90_000 }, async () => {
  expect((await cli(["fault", NAME, "cut"])).code).toBe(0);
  expect((await cli(["up", file, "--no-checks"])).code).toBe(0);
  expect(await works()).toBe(false);
  expect((await cli(["up", file, "--no-checks", "--reset"])).code).toBe(0);
  expect(await works()).toBe(true);
  expect((await cli(["fault", NAME])).stdout).toBe("no fault is active\n");
});

test.each([
  [["los", "node1"], 2, `did you mean "loss"`],
  [["loss", "node9/eth0", "percent=1"], 2, 'there is no "node9/eth0"'],
  [["loss", "node1/eth0"], 2, "percent"],
  [["undo", "loss"], 2, "the fault loss is not active"],
  [["foreign-rule", "node1", "rule=no such words"], 4, "the lab is as it was"],
] as const)("%j is refused, and nothing is changed", async (args, code, text) => {
  const ran = await cli(["fault", NAME, ...args]);
  expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(text)]);
  expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
});

test("what this kernel lacks is refused by name, before anything is changed", async (context) => {
  const ran = await cli(["fault", NAME, "netem", "node1/eth0", "delay=20ms"]);
  if (ran.code === 0) {
    await cli(["fault", NAME, "undo"]);
    return context.skip("the kernel has netem");
  }
  expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining("netem")]);
  expect((await cli(["fault", NAME])).stdout).toBe("no fault is active\n");
  expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
});

test(
  "chaos: what breaks heals, the same seed gives the same faults, and the lab ends as it was",
  { timeout: 90_000 },
  async () => {
    const run = async (): Promise<{ type: string; round: number; fault?: string }[]> => {
      const args = [
        "chaos",
        NAME,
        "--seed",
        "5",
        "--for",
        "6s",
        "--only",
        "partition,block,link-down,pod-killed",
        "--json",
      ];
      const { code, stdout } = await cli(args);
      expect(code).toBe(0);
      return stdout
        .trim()
        .split("\n")
        .map((one) => JSON.parse(one) as { type: string; round: number; fault?: string });
    };
    const once = await run();
    const drawn = (events: typeof once): unknown[] => events.flatMap(({ fault }) => fault ?? []);
    expect(once.some(({ type }) => type === "broke")).toBe(true);
    expect(once.filter(({ type }) => type === "broke").length).toBe(
      once.filter(({ type }) => type === "healed").length,
    );
    const again = drawn(await run());
    const both = Math.min(again.length, drawn(once).length);
    expect(again.slice(0, both)).toEqual(drawn(once).slice(0, both));
    expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
  },
);

test(
  "chaos that is interrupted undoes its fault; one that is killed leaves it to undo, or down",
  { timeout: 90_000 },
  async () => {
    const stopped = startCli(["chaos", NAME, "--only", "partition"]);
    await stopped.printed("do not see each other");
    stopped.child.kill("SIGINT");
    await stopped.result;
    expect((await cli(["fault", NAME])).stdout).toBe("no fault is active\n");
    const killed = startCli(["chaos", NAME, "--only", "partition"]);
    await killed.printed("do not see each other");
    killed.child.kill("SIGKILL");
    await killed.result;
    expect((await cli(["fault", NAME])).stdout).toContain("partition: ");
    expect((await cli(["fault", NAME, "undo"])).stdout).toBe("no fault is active\n");
    expect(await works()).toBe(true);
    // The lab goes with a fault that is active: afterAll looks for traces.
    expect((await cli(["fault", NAME, "node-down", "node2"])).code).toBe(0);
  },
);
