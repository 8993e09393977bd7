import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { connectAgent } from "../../src/agent/connect.ts";
import { journalPath, socketPath, stateParent } from "../../src/agent/state-folder.ts";
import { enterCommand } from "../../src/drivers/enter-command.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { agentIds, buildPlan, differences, down, leftovers, made, route, smallLab, stored, up } from "./agent-lab.ts";
import { planChange, planOperations } from "../../src/plan/plan-operations.ts";
import { sysctlWants } from "../../src/resources/sysctl/wants.ts";
import { eventually } from "../wait.ts";

const driver = getDriver("netns");
const lab = `agent-${process.pid}`;
let client: AgentClient | undefined;
let ids: string[] = [];

async function start(resources = smallLab()): Promise<AgentClient> {
  client = await up(driver, lab, resources);
  ids = agentIds(lab);
  return client;
}

function ip(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

afterEach(async () => {
  const running = await driver.connect(lab);
  if (running !== null) await running.call("down", {});
  running?.close();
  client?.close();
  client = undefined;
  expect(
    await eventually(
      () => leftovers(lab, ids),
      (left) => left.length === 0,
    ),
  ).toEqual([]);
});

describe("a lab that is built", () => {
  test("works, is seen as it was planned, and leaves nothing", async () => {
    const client = await start();
    const { exitCode, stdout } = await client.call("run", {
      ns: "red",
      argv: ["ping", "-c1", "-W2", "10.2.0.2"],
      timeout: 5000,
    });
    expect(stdout).toContain("1 received");
    expect(exitCode).toBe(0);
    const { results } = await client.call("probe", {
      probes: [{ kind: "tcp", ns: "red", to: "10.2.0.2", port: 80, timeout: 2000 }],
    });
    expect(results[0]).toMatchObject({ outcome: "open", hostname: "blue", sourceIP: "10.2.0.1" });

    expect(
      (await differences(client, lab, smallLab())).operations.map(
        (operation) => `${operation.id}: ${operation.reason}`,
      ),
    ).toEqual([]);
    const observed = await client.observe({});
    expect(observed.namespaces["red"]?.links.find((link) => link.name === "eth0")?.peer).toEqual({
      ns: "gw",
      name: "red0",
    });
    expect(observed.namespaces["gw"]?.iptables.ipv4?.["filter"]?.["FORWARD"]).toEqual({
      policy: "DROP",
      rules: ["-i red0 -j ACCEPT", "-o red0 -j ACCEPT"],
    });
    expect([...observed.running].sort()).toEqual(["process:blue:chatter", "server:blue:tcp:80"]);
    expect(await client.call("stored", {})).toEqual(stored);
    await down(client);
  });

  test("is observed also where no line may be as long as what the kernel has, and rules changed by hand are seen", async () => {
    const cause = { object: "test gw", reason: "many rules" };
    const chains = Array.from({ length: 200 }, (_, i) => ({
      name: `LONG-${i}`,
      builtin: false,
      rules: Array.from({ length: 40 }, (_, j) => ({ args: ["-s", `10.${i}.${j}.0/24`, "-j", "RETURN"], cause })),
    }));
    const tables = ["red", "blue"].map((ns) =>
      made("iptables", ns, ["ipv4", "mangle"], { family: "ipv4", table: "mangle", chains }),
    );
    const resources = [...smallLab(), ...tables];
    const whole = await (await start(resources)).observe({});
    const lineLimit = 500_000;
    expect(JSON.stringify(whole).length).toBeGreaterThan(2 * lineLimit);

    const narrow = await connectAgent(socketPath(stateParent(), lab), { lineLimit });
    if (narrow === null) throw new Error("nothing listens");
    try {
      const observed = await narrow.observe({});
      expect(observed.applied).toEqual(whole.applied);
      expect(observed.iptablesAfterApply).toEqual(whole.iptablesAfterApply);
      expect(observed.namespaces["blue"]?.iptables).toEqual(whole.namespaces["blue"]?.iptables);
      expect((await differences(narrow, lab, resources)).operations).toEqual([]);
      ip("netns", "exec", `${lab}.blue`, "iptables", "-t", "mangle", "-D", "LONG-7", "3");
      expect((await differences(narrow, lab, resources)).operations).toMatchObject([
        { id: "update iptables:blue:ipv4:mangle", reason: "LONG-7: rule -s 10.7.2.0/24 -j RETURN is missing" },
      ]);
    } finally {
      narrow.close();
    }
    await down(client as AgentClient);
  });

  test("processes see their own files, hostname and environment, and nothing is read as shell text", async () => {
    const client = await start();
    const log = await eventually(
      () => client.call("processLog", { id: "process:blue:chatter" }),
      ({ lines }) => lines.length >= 3,
    );
    expect(log).toEqual({ lines: ["blue-host", "10.1.0.2 red", "hello; $(id)"], exitCode: null });
    const enter = await enterCommand(client, { ns: "blue" }, [
      "sh",
      "-c",
      "cat /etc/hosts; hostname; ls /sys/class/net; exit 7",
    ]);
    const { status, stdout } = spawnSync(enter.file, enter.args, {
      env: { ...process.env, ...enter.env },
      encoding: "utf8",
    });
    expect(stdout.split("\n")).toEqual(["10.1.0.2 red", "blue", "eth0", "lo", ""]);
    expect(status).toBe(7);
    expect(
      (await client.call("run", { ns: "blue", argv: ["getent", "hosts", "red"], timeout: 3000 })).stdout,
    ).toContain("10.1.0.2");
  });

  test("state is closed to others", async () => {
    await start();
    const mode = (path: string): string => (statSync(`${stateParent()}/${path}`).mode & 0o777).toString(8);
    expect([mode(""), mode(lab), mode(`${lab}/agent.sock`), mode(`${lab}/journal.jsonl`), mode(`${lab}.lock`)]).toEqual(
      ["700", "700", "600", "600", "600"],
    );
  });

  test("outlives the connection that built it", async () => {
    (await start()).close();
    const again = await driver.connect(lab);
    expect(await again?.call("hello", { client: "test" })).toMatchObject({ lab, phase: "up", recovered: false });
    expect((await driver.list()).find(({ name }) => name === lab)).toMatchObject({ state: "up", rootless: false });
    again?.close();
  });
});

describe("converging", () => {
  test("restores a deleted device with all that depended on it and flushed rules, and nothing else", async () => {
    const client = await start();
    ip("-n", `${lab}.gw`, "link", "del", "red0");
    ip("netns", "exec", `${lab}.gw`, "iptables", "-F", "FORWARD");
    ip("netns", "exec", `${lab}.gw`, "iptables", "-t", "nat", "-F", "MASQ");
    const plan = await differences(client, lab, smallLab());
    const changed = plan.operations.map(({ id }) => id);
    expect(changed).toContain("create veth:red:eth0");
    expect(changed.filter((id) => id.includes("iptables")).sort()).toEqual([
      "update iptables:gw:ipv4:filter",
      "update iptables:gw:ipv4:nat",
    ]);
    expect(changed.filter((id) => id.includes(":blue"))).toEqual([]);
    const result = await client.call("apply", { operations: plan.operations, mode: "converge", keep: true });
    expect(result.failures).toEqual([]);
    expect((await differences(client, lab, smallLab())).operations).toEqual([]);
    const { results } = await client.call("probe", {
      probes: [{ kind: "tcp", ns: "red", to: "10.2.0.2", port: 80, timeout: 2000 }],
    });
    expect(results[0]).toMatchObject({ outcome: "open", sourceIP: "10.2.0.1" });
  });

  test("another device of the same name is left alone, and said, also when the lab no longer wants its own", async () => {
    const agent = await start();
    const journal = journalPath(stateParent(), lab);
    await eventually(
      () => readFileSync(journal, "utf8"),
      (text) => text.includes(`"t":"devices","ns":"gw"`),
    );
    ip("-n", `${lab}.gw`, "link", "del", "red0");
    ip("-n", `${lab}.gw`, "link", "add", "red0", "type", "veth", "peer", "name", "other");
    const before = ip("-n", `${lab}.gw`, "-o", "link", "show", "red0");
    const { operations } = await differences(agent, lab, smallLab());
    expect(operations.find(({ id }) => id.startsWith("create veth:red:eth0"))?.reason).toBe(
      "red0: another device of this name, not part of this lab",
    );
    const { failures } = await agent.call("apply", { operations, mode: "converge", keep: true });
    expect(failures[0]?.stderr).toBe(
      `red0: another device of this name, not part of this lab; remove it with "ip -n ${lab}.gw link del red0"`,
    );
    const wanted = smallLab().filter(({ id }) => !id.includes("red0") && !/^(?:veth|addr|route):red:/.test(id));
    const less = await differences(agent, lab, wanted);
    expect(less.operations.map(({ id }) => id)).toContain("delete veth:red:eth0");
    const noted: string[] = [];
    await agent.call("apply", { operations: less.operations, mode: "converge", keep: true }, (event) => {
      if (event.type === "note") noted.push(event.text);
    });
    expect(noted).toEqual([failures[0]?.stderr]);
    expect(ip("-n", `${lab}.gw`, "-o", "link", "show", "red0")).toBe(before);
  });

  test("a change of others is seen before or after it, never half", async () => {
    const agent = await start();
    const watcher = await driver.connect(lab);
    if (watcher === null) throw new Error("the agent does not answer");
    const all = smallLab();
    const less = all.filter(({ kind, ns }) => kind !== "iptables" && !(ns === "blue" && kind === "route"));
    const sysctls = sysctlWants(all, true);
    const turns = Array.from({ length: 12 }, (_, turn) => turn);
    const change = async (): Promise<void> => {
      for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
        const { operations } = planChange(lab, ...(turn % 2 === 0 ? ([all, less] as const) : ([less, all] as const)));
        const { failures } = await agent.call("apply", { operations, mode: "converge", keep: true });
        expect(failures).toEqual([]);
      }
    };
    const changed = change();
    const seen = new Set<number>();
    while (turns.length > 0) {
      const observed = await watcher.observe({ sysctls });
      const applied = Object.values(observed.applied);
      seen.add(applied.length);
      expect(planOperations(lab, applied, observed).operations.map(({ id, reason }) => [id, reason])).toEqual([]);
    }
    await changed;
    watcher.close();
    expect([...seen].filter((one) => one !== all.length && one !== less.length)).toEqual([]);
  });

  test("a namespace removed by hand comes back with all that was in it", async () => {
    const client = await start();
    ip("netns", "del", `${lab}.blue`);
    const plan = await differences(client, lab, smallLab());
    const result = await client.call("apply", { operations: plan.operations, mode: "converge", keep: true });
    expect(result.failures).toEqual([]);
    expect((await differences(client, lab, smallLab())).operations.map(({ id }) => id)).toEqual([]);
    const { results } = await client.call("probe", {
      probes: [{ kind: "tcp", ns: "red", to: "10.2.0.2", port: 80, timeout: 2000 }],
    });
    expect(results[0]).toMatchObject({ outcome: "open" });
  });

  test("what is no longer wanted goes; an operation that fails does not keep the rest from being done", async () => {
    const client = await start();
    const wanted = smallLab().filter(
      ({ ns, kind }) => !(ns === "blue" && (kind === "process" || kind === "server" || kind === "file")),
    );
    wanted.push(route("red", "10.9.0.0/16", "10.77.0.1"), route("red", "10.8.0.0/16", "10.1.0.1"));
    const plan = await differences(client, lab, wanted);
    const result = await client.call("apply", { operations: plan.operations, mode: "converge", keep: true });
    expect(result.failures.map(({ operation }) => operation)).toEqual(["create route:red:10.9.0.0/16"]);
    expect(ip("-n", `${lab}.red`, "route", "show", "10.8.0.0/16")).toContain("via 10.1.0.1");
    const observed = await client.observe({});
    expect(observed.running).toEqual([]);
    expect(Object.keys(observed.applied)).not.toContain("server:blue:tcp:80");
  });
});

describe("a build that fails", () => {
  test("is rolled back and says what failed, by which command, and why", async () => {
    client = await driver.start();
    await client.call("adopt", { lab, file: "test.yaml", recover: false });
    ids = agentIds(lab);
    const { operations } = buildPlan(lab, [...smallLab(), route("red", "10.9.0.0/16", "10.77.0.1")]);
    const result = await client.call("apply", { operations, mode: "build", keep: false });
    expect(result.rolledBack).toBe(true);
    expect(result.failures).toHaveLength(1);
    expect(result.failures[0]).toMatchObject({
      operation: "create route:red:10.9.0.0/16",
      cause: expect.stringContaining("test.yaml:1:1") as string,
    });
    expect(result.failures[0]?.command).toContain(`ip -n ${lab}.red route`);
    expect(result.failures[0]?.stderr).toMatch(/unreachable|gateway/i);
    expect(leftovers(lab, ids)).toEqual([]);
  });

  test("a rule that iptables does not take is named", async () => {
    client = await driver.start();
    await client.call("adopt", { lab, file: "test.yaml", recover: false });
    ids = agentIds(lab);
    const cause = { object: "x", reason: "y" };
    const wrong = made("iptables", "red", ["ipv4", "filter"], {
      family: "ipv4",
      table: "filter",
      chains: [
        {
          name: "FORWARD",
          builtin: true,
          rules: [{ args: ["-p", "tcp", "--no-such-match", "1", "-j", "DROP"], cause }],
        },
      ],
    });
    const { operations } = buildPlan(lab, [...smallLab(), wrong]);
    const { failures } = await client.call("apply", { operations, mode: "build", keep: false });
    expect(failures.map(({ operation }) => operation)).toEqual(["create iptables:red:ipv4:filter"]);
    expect(failures[0]?.stderr).toContain("no-such-match");
  });

  test("stays as it is with keep, and can be taken down", async () => {
    client = await driver.start();
    await client.call("adopt", { lab, file: "test.yaml", recover: false });
    ids = agentIds(lab);
    const { operations } = buildPlan(lab, [...smallLab(), route("red", "10.9.0.0/16", "10.77.0.1")]);
    const result = await client.call("apply", { operations, mode: "build", keep: true });
    expect(result.rolledBack).toBe(false);
    expect(ip("netns", "list")).toContain(`${lab}.red`);
    await down(client);
  });

  test("a foreign namespace is left alone", async () => {
    ip("netns", "add", `${lab}.gw`);
    try {
      client = await driver.start();
      await client.call("adopt", { lab, file: "test.yaml", recover: false });
      ids = agentIds(lab);
      const { operations } = buildPlan(lab, smallLab());
      const result = await client.call("apply", { operations, mode: "build", keep: false });
      expect(result.failures.map(({ operation }) => operation)).toEqual(["create netns:gw"]);
      expect(result.failures[0]?.stderr).toContain("does not belong to this lab");
      expect(ip("netns", "list")).toContain(`${lab}.gw`);
    } finally {
      ip("netns", "del", `${lab}.gw`);
    }
  });
});

describe("who may do what", () => {
  test("a connection lost before the commit takes the build back", async () => {
    client = await driver.start();
    await client.call("adopt", { lab, file: "test.yaml", recover: false });
    ids = agentIds(lab);
    const { operations } = buildPlan(lab, smallLab(20));
    const applying = client.call("apply", { operations, mode: "build", keep: false, pace: 5 });
    await eventually(
      () => leftovers(lab, ids),
      (made) => made.length > 0,
    );
    client.close();
    await expect(applying).rejects.toMatchObject({ code: "EAGENT" });
    expect(
      await eventually(
        () => leftovers(lab, ids),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
  });

  test("down in the middle of a build ends it and removes it", async () => {
    client = await driver.start();
    await client.call("adopt", { lab, file: "test.yaml", recover: false });
    ids = agentIds(lab);
    const { operations } = buildPlan(lab, smallLab(20));
    const applying = client.call("apply", { operations, mode: "build", keep: false, pace: 5 });
    await eventually(
      () => leftovers(lab, ids),
      (made) => made.length > 0,
    );
    const ending = client.call("down", {});
    expect((await applying).done).toBeLessThan(operations.length);
    expect((await ending).failures).toEqual([]);
    await client.closed;
  });

  test("two agents for one lab, two commands for one agent: the second one's error names the first", async () => {
    const first = await start();
    const { pid } = await first.call("hello", { client: "test" });
    const other = await driver.start();
    await expect(other.call("adopt", { lab, file: "test.yaml", recover: true })).rejects.toMatchObject({
      code: "EBUSY",
      message: expect.stringContaining(String(pid)) as string,
    });
    other.close();
    const second = await driver.connect(lab);
    await first.call("lock", { purpose: "up" });
    await expect(second?.call("lock", { purpose: "down" })).rejects.toMatchObject({
      code: "EBUSY",
      message: expect.stringContaining(`pid ${process.pid}`) as string,
    });
    await expect(second?.call("down", {})).rejects.toMatchObject({ code: "EBUSY" });
    first.close();
    await eventually(
      () =>
        second?.call("lock", { purpose: "down" }).then(
          () => true,
          () => false,
        ),
      (locked) => locked === true,
    );
    if (second) await down(second);
  });

  test("another user is refused in one sentence, whatever the modes are; root is not", async () => {
    await start();
    const path = socketPath(stateParent(), lab);
    const open = (folders: number, socket: number): void => {
      for (const folder of [stateParent(), dirname(path)]) chmodSync(folder, folders);
      chmodSync(path, socket);
    };
    open(0o755, 0o666);
    try {
      const ask = `const s = net.connect(process.argv[1], () => s.write('{"id":1,"method":"stored","params":{}}\\n'));
        s.on("data", (data) => { console.log(String(data)); s.end(); })`;
      const node = [process.execPath, "-e", ask, path];
      const stranger = spawnSync("setpriv", ["--reuid", "4321", "--clear-groups", ...node], { encoding: "utf8" });
      expect(JSON.parse(stranger.stdout)).toEqual({
        id: 1,
        error: {
          code: "EHOST",
          message: "this lab is not uid 4321's: its agent accepts requests from root only",
          hint: "run the command as root",
        },
      });
      const root = spawnSync(process.execPath, node.slice(1), { encoding: "utf8" });
      expect(JSON.parse(root.stdout)).toMatchObject({ id: 1, result: stored });
    } finally {
      open(0o700, 0o600);
    }
  });

  test("a lab's name cannot lead out of the folder", async () => {
    client = await driver.start();
    for (const name of ["../x", "a/b", "", ".", "a".repeat(41)]) {
      await expect(client.call("adopt", { lab: name, file: "", recover: true })).rejects.toMatchObject({
        code: "EUSAGE",
      });
    }
    ids = [];
  });
});
