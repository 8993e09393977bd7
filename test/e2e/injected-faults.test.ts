/** `fault` and `chaos` as a user runs them: injected, shown, left alone, undone, gone with the lab, whatever is killed meanwhile. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { netnsDriver } from "../../src/drivers/netns.ts";
import { reviveLab } from "../../src/load/revive-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import { planChange } from "../../src/plan/plan-operations.ts";
import { eventually } from "../wait.ts";
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
      pod("ready", "node2").replace("}] }] }", "}], readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 } }] }"),
      "{ apiVersion: v1, kind: Service, metadata: { name: ready }, spec: { selector: { app: ready }, ports: [{ port: 80 }] } }",
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
  expect([code, stdout]).toEqual([0, "loss: node1/eth0 loses 100 % of the packets\n"]);
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

test.each([
  [["link-down", "node2/eth0"], ["pod/web:80"]],
  [["one-way", "node1/eth0", "lost=out"], ["pod/web:80"]],
  [["block", "node2", "protocol=vxlan"], ["pod/web:80"]],
  [["netem", "node1/eth0", "loss=100"], ["pod/web:80"]],
  [["pod-stopped", "pod/web"], ["http://pod/web/"]],
  [["pod-killed", "pod/web"], ["pod/web:80"]],
  [["conntrack-full", "node1"], ["pod/web:80"]],
] as const)("%j is the cause that probe names", { timeout: 60_000 }, async (words, to) => {
  expect((await cli(["fault", NAME, ...words])).code).toBe(0);
  const { code, stdout } = await cli(["probe", NAME, "pod/client", ...to]);
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`^ {4}cause: +fault, on purpose: ${words[0]}: `, "m"));
  expect(stdout).not.toContain("cause unknown");
  expect((await cli(["fault", NAME, "undo"])).code).toBe(0);
});

test("a fault that is not the cause is not said to be", { timeout: 60_000 }, async () => {
  expect((await cli(["fault", NAME, "netem", "node1/eth0", "delay=5ms"])).code).toBe(0);
  const { code, stdout } = await cli(["probe", NAME, "pod/client", "pod/web:81"]);
  expect(code).toBe(1);
  expect(stdout).not.toContain("cause:");
  expect((await cli(["fault", NAME, "undo"])).code).toBe(0);
});

test("netem: chosen by what the kernel has, and said; asked for by name it is refused where it is lacking", async () => {
  const { stdout } = await cli(["fault", NAME, "netem", "node1/eth0", "delay=20ms"]);
  expect(stdout).toMatch(/^netem: node1\/eth0 sends with delay 20 ms, by (netem|a relay: the kernel has no netem)\n$/);
  expect(await works()).toBe(true);
  expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
  expect((await cli(["fault", NAME, "undo"])).code).toBe(0);
  expect((await cli(["fault", NAME, "undo"])).stdout).toBe("no fault is active\n");
  if (!stdout.includes("relay")) return;
  const ran = await cli(["fault", NAME, "netem", "node1/eth0", "delay=20ms", "by=netem"]);
  expect([ran.code, ran.stderr]).toEqual([3, expect.stringContaining("netem")]);
  expect((await cli(["fault", NAME])).stdout).toBe("no fault is active\n");
  expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
});

test("a pod that is slow to start: out of its Service at once, in again on its own", { timeout: 150_000 }, async () => {
  const endpoints = async (): Promise<number> =>
    ((await cli(["explain", NAME, "pod/client", "svc/ready:80"])).stdout.match(/■.*pod\/ready on/g) ?? []).length;
  expect(await eventually(endpoints, (one) => one === 1)).toBe(1);
  expect((await cli(["fault", NAME, "pod-slow", "pod/ready", "needs=15s"])).code).toBe(0);
  expect(await eventually(endpoints, (one) => one === 0)).toBe(0);
  expect(await eventually(endpoints, (one) => one === 1, { within: 60_000 })).toBe(1);
  expect((await cli(["fault", NAME, "undo"])).code).toBe(0);
  expect(await endpoints()).toBe(1);
  expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
});

test("DNS answers from a stale cache, until its clock is right again", { timeout: 60_000 }, async () => {
  const asked = async (): Promise<string> =>
    (await cli(["probe", NAME, "pod/client", "--dns", "ready.default.svc.cluster.local"])).stdout;
  expect(await asked()).toContain("NOERROR");
  expect((await cli(["fault", NAME, "dns-stale"])).stdout).toBe(
    "dns-stale: the lab's DNS answers from a stale cache\n",
  );
  expect((await cli(["delete", NAME, "svc/ready"])).code).toBe(0);
  expect(await asked()).toContain("NOERROR");
  expect((await cli(["fault", NAME, "undo"])).code).toBe(0);
  expect(await asked()).toContain("NXDOMAIN");
  expect((await cli(["up", file, "--no-checks", "--reset"])).code).toBe(0);
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

test("of one that is lost in the middle of a change, nothing is left either", { timeout: 60_000 }, async () => {
  const client = await netnsDriver().connect(NAME);
  if (client === null) throw new Error("the lab's agent does not answer");
  await client.call("holder", {});
  await client.call("lock", { purpose: "chaos" });
  const stored = await client.call("stored", {});
  if (stored === null) throw new Error("nothing is stored");
  const lab = reviveLab(stored);
  const fault = { id: "cut", kind: "partition", settings: lab.namedFaults?.[0]?.settings ?? {} };
  const whole = planChange(NAME, planResources(lab), planResources({ ...lab, injected: [fault] })).operations;
  expect(whole.length).toBeGreaterThan(1);
  const done = await client.call("apply", { operations: whole.slice(0, 1), mode: "converge", keep: true });
  expect(done).toMatchObject({ done: 1, failures: [] });
  expect((await cli(["diff", NAME])).stdout).not.toContain("nothing differs");
  client.close();
  const differs = async (): Promise<string> => (await cli(["diff", NAME])).stdout;
  expect(await eventually(differs, (one) => one.includes("nothing differs"))).toContain("nothing differs");
});

test(
  "chaos that is interrupted undoes its fault; of one that is killed the lab undoes it",
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
    const listed = async (): Promise<string> => (await cli(["fault", NAME])).stdout;
    expect(await eventually(listed, (one) => one === "no fault is active\n")).toBe("no fault is active\n");
    expect((await cli(["diff", NAME])).stdout).toContain("nothing differs");
    expect(await works()).toBe(true);
    // The lab goes with a fault that is active: afterAll looks for traces.
    expect((await cli(["fault", NAME, "node-down", "node2"])).code).toBe(0);
  },
);
