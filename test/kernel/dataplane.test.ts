/** Layer 7 proxies as resources of a lab: their process, what it serves, keys, and what is left. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { labFolder, stateParent } from "../../src/agent/state-folder.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { Resource } from "../../src/resources/resource.ts";
import type { RoutingTable } from "../../src/routing/model.ts";
import { eventually } from "../wait.ts";
import { agentIds, differences, down, leftovers, made, smallLab, up } from "./agent-lab.ts";
import { cause, selfSigned, tableOf, to } from "./l7-net.ts";

const LAB = `dataplane-${process.pid}`;

/** In gw, to blue's server. */
function proxyIn(ns: string, table: RoutingTable, certificates = {}): Resource {
  return made("l7", ns, ["front"], { name: "front", table, certificates });
}

const blue = { web: { endpoints: [{ address: "10.2.0.2", port: 80 }] } };
const answer = (body: string) => ({ kind: "answer", answer: { status: 200, body, cause } }) as const;

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
  expect(processes()).toEqual([]);
});

async function start(resources: readonly Resource[]): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, resources);
  ids = agentIds(LAB);
  return client;
}

async function converge(agent: AgentClient, resources: readonly Resource[]): Promise<string[]> {
  const { operations } = await differences(agent, LAB, resources);
  const { failures } = await agent.call("apply", { operations, mode: "converge", keep: false });
  expect(failures).toEqual([]);
  expect((await differences(agent, LAB, resources)).operations).toEqual([]);
  return operations.map(({ id }) => id);
}

/** Ids of data planes of this lab. */
function processes(): number[] {
  const found = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return found.flatMap((line) =>
    /k8snet-lab dataplane|dataplane\/main\.ts/.test(line) ? [Number.parseInt(line, 10)] : [],
  );
}

function ask(path = "/hostname", ns = "red", host = "10.1.0.1"): string {
  const argv = ["netns", "exec", `${LAB}.${ns}`, "curl", "-sk", "-m", "5", `http://${host}${path}`];
  return execFileSync("ip", argv, { encoding: "utf8", timeout: 20_000 }).trim();
}

test("a proxy is served, changed without another process, and gone with its resource", async () => {
  const base = smallLab();
  const agent = await start(base);
  expect(processes()).toEqual([]);
  const first = proxyIn("gw", tableOf([{}], blue));
  expect(await converge(agent, [...base, first])).toEqual([`create ${first.id}`]);
  expect(ask()).toBe("blue");
  const [pid] = processes();
  const second = proxyIn(
    "gw",
    tableOf([{ match: { path: { kind: "exact", value: "/own" } }, action: answer("own") }, {}], blue),
  );
  expect(await converge(agent, [...base, second])).toEqual([`update ${first.id}`]);
  expect([ask("/own"), ask()]).toEqual(["own", "blue"]);
  expect(processes()).toEqual([pid]);
  const { entries, stats } = await agent.call("accessLog", { ns: "gw", id: first.id, last: 2 });
  expect(entries.map(({ route, status, endpoint }) => [route, status, endpoint])).toEqual([
    ["route 0", 200, undefined],
    ["route 1", 200, "10.2.0.2:80"],
  ]);
  expect(stats?.faults).toBe(0);
  await converge(agent, base);
  expect(await eventually(processes, ({ length }) => length === 0)).toEqual([]);
});

test("a port that is taken is named; the other proxies stay", async () => {
  const base = smallLab();
  const good = proxyIn("gw", tableOf([{}], blue));
  const agent = await start([...base, good]);
  const bad = proxyIn("blue", tableOf([{}], blue));
  const { operations } = await differences(agent, LAB, [...base, good, bad]);
  const { failures } = await agent.call("apply", { operations, mode: "converge", keep: false });
  expect(failures.map(({ stderr }) => stderr)).toEqual(["tcp port 80 is already in use"]);
  expect(ask()).toBe("blue");
});

test("keys are in no file; a process that was killed is missing and comes back", async () => {
  const base = smallLab();
  const pair = selfSigned("DNS:shop.example");
  const proxy = proxyIn("gw", tableOf([{}], blue, { protocol: "https", certificates: ["shop"] }, 443), { shop: pair });
  const agent = await start([...base, proxy]);
  const https = (): string => {
    const argv = [
      "curl",
      "-sk",
      "-m",
      "5",
      "--connect-to",
      "shop.example:443:10.1.0.1:443",
      "https://shop.example/hostname",
    ];
    return execFileSync("ip", ["netns", "exec", `${LAB}.red`, ...argv], { encoding: "utf8" });
  };
  expect(https()).toBe("blue");
  const journal = readFileSync(`${labFolder(stateParent(), LAB)}/journal.jsonl`, "utf8");
  expect(journal).toContain("BEGIN CERTIFICATE");
  expect(journal).not.toContain("PRIVATE KEY");
  for (const pid of processes()) process.kill(pid, "SIGKILL");
  // When the agent has heard of it.
  await eventually(
    async () => (await differences(agent, LAB, [...base, proxy])).operations.length,
    (count) => count === 1,
  );
  expect(await converge(agent, [...base, proxy])).toEqual([`create ${proxy.id}`]);
  expect(https()).toBe("blue");
});

test("it dies with its agent, and a proxy of several ports has each of them", async () => {
  const tables = [tableOf([{ action: answer("one") }], {}), tableOf([{ action: to("web") }], blue, {}, 8080)];
  const table = { ports: tables.flatMap(({ ports }) => ports), backends: blue };
  const whole = { ...table, backends: tables[1]?.backends ?? {} };
  const agent = await start([...smallLab(), proxyIn("gw", whole)]);
  expect([ask("/"), ask("/hostname", "red", "10.1.0.1:8080")]).toEqual(["one", "blue"]);
  const { pid } = await agent.call("hello", { client: "test" });
  client = undefined;
  process.kill(pid, "SIGKILL");
  expect(await eventually(processes, ({ length }) => length === 0)).toEqual([]);
  const next = await getDriver("netns").start();
  await next.call("adopt", { lab: LAB, file: "test.yaml", recover: true });
  client = next;
});
