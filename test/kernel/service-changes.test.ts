/** Services that come, go and move in a running lab, seen from outside of the cluster and from the processes in its pods. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `service-changes-${process.pid}`;
const POD = `
---
{ apiVersion: v1, kind: Pod, metadata: { name: web, labels: { app: web } }, spec: { nodeName: node2, containers: [ { name: web, image: x, ports: [ { containerPort: 80 } ] }, { name: main, command: [sleep, infinity], env: [ { name: OWN, value: x } ] } ] } }`;

function resources(...documents: string[]): readonly Resource[] {
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec: { cluster: { nodes: [node1, node2, node3], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], dns: false } }${POD}${documents.map((it) => `\n---\n${it}`).join("")}
`;
  return planResources(loadLabText(text, "lab.yaml").lab);
}

const service = (name: string, spec: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { selector: { app: web }, ports: [ { port: 80 } ], ${spec} } }`;

function inside(ns: string, ...argv: string[]): string {
  return execFileSync("ip", ["netns", "exec", `${LAB}.${ns}`, ...argv], { encoding: "utf8", timeout: 10_000 }).trim();
}

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function start(wanted: readonly Resource[]): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, wanted);
  ids = agentIds(LAB);
  return client;
}

async function converge(agent: AgentClient, wanted: readonly Resource[]): Promise<string[]> {
  const plan = await differences(agent, LAB, wanted);
  const result = await agent.call("apply", { operations: plan.operations, mode: "converge", keep: false });
  expect(result.failures).toEqual([]);
  expect((await differences(agent, LAB, wanted)).operations).toEqual([]);
  return plan.operations.map(({ id }) => id);
}

test("a process keeps running, with the variables that it was started with, when Services change", async () => {
  const agent = await start(resources(service("one", "clusterIP: 10.96.0.91")));
  const sleeping = (): string[] => {
    const pids = execFileSync("ip", ["netns", "pids", `${LAB}.node2.default.web`], { encoding: "utf8" });
    return pids
      .trim()
      .split("\n")
      .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep"));
  };
  await expect.poll(sleeping, { timeout: 3000 }).toHaveLength(1);
  const [pid = ""] = sleeping();
  const environment = (): string => readFileSync(`/proc/${pid}/environ`, "utf8");
  expect(environment()).toContain("ONE_SERVICE_HOST=10.96.0.91");
  const operations = await converge(agent, resources(service("two", "clusterIP: 10.96.0.92")));
  expect(operations.filter((id) => id.includes("process:"))).toEqual([]);
  expect(sleeping()).toEqual([pid]);
  expect(environment()).not.toContain("TWO_");
});

test("a load-balancer address is reached from the internet in both families, and moves to the node of its endpoint", async () => {
  const both = "type: LoadBalancer, ipFamilyPolicy: RequireDualStack";
  const agent = await start(resources(service("lb", both)));
  const ask = (host: string): string => inside("internet", "curl", "-s", "-m", "3", `http://${host}/clientip`);
  const proxies = (): string[] =>
    ["node1", "node2", "node3"].filter((node) =>
      inside(node, "ip", "neigh", "show", "proxy").includes("192.168.50.240"),
    );
  const six = inside("node3", "sh", "-c", "ip -6 neigh show proxy").split(" ")[0] ?? "";
  expect(six).not.toBe("");
  expect(proxies()).toEqual(["node3"]);
  expect(ask("192.168.50.240")).toMatch(/^10\.244\.2\.0:/);
  expect(ask(`[${six}]`)).toMatch(/^\[?fd00:10:244:/);
  expect(inside("router", "ip", "neigh", "show", "192.168.50.240")).toContain("02:00:c0:a8:32:0d");

  await converge(agent, resources(service("lb", `${both}, externalTrafficPolicy: Local`)));
  expect(proxies()).toEqual(["node2"]);
  expect(inside("router", "ip", "neigh", "show", "192.168.50.240")).toContain("02:00:c0:a8:32:0c");
  expect(inside("router", "ip", "neigh", "show", six)).toContain("02:00:c0:a8:32:0c");
  expect(ask("192.168.50.240")).toMatch(/^203\.0\.113\.10:/);
  expect(ask(`[${six}]`)).toMatch(/^\[?2001:db8:/);
});
