/** kube-proxy's userspace mode in a running lab: what its proxies carry, and how they follow the Services. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `userspace-${process.pid}`;
const SIX = "fd00:10:96::99";

interface Wishes {
  readonly mode?: string;
  readonly pods: readonly string[];
  /** More of the Service's spec. */
  readonly spec?: string;
}

/** Two nodes; pods `web-…` on node2 with a server on 8080, the Service in both families, and `sink`, where a test listens. */
function resources({ mode = "userspace", pods, spec = "" }: Wishes): readonly Resource[] {
  const pod = (name: string, app: string, more: string): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec: { nodeName: node2, containers: [{ name: c, image: x, ${more} }] }`;
  const ports = "ports: [{ containerPort: 8080 }, { containerPort: 9090, protocol: UDP }]";
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec: { cluster: { nodes: [node1, node2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], serviceCIDR: [10.96.0.0/16, "fd00:10:96::/112"], dns: false, kubeProxy: ${mode} } }${pods.map((name) => pod(name, "web", ports)).join("")}${pod("sink", "sink", "command: [sleep, infinity]")}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ipFamilyPolicy: PreferDualStack
  clusterIP: 10.96.0.99
  clusterIPs: [10.96.0.99, "${SIX}"]
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }, { name: echo, port: 90, targetPort: 9090, protocol: UDP }]
  ${spec}
---
apiVersion: v1
kind: Service
metadata: { name: sink }
spec: { clusterIP: 10.96.0.98, selector: { app: sink }, ports: [{ port: 7000 }] }
`;
  return planResources(loadLabText(text, "lab.yaml").lab);
}

function inside(ns: string, ...argv: string[]): string {
  return execFileSync("ip", ["netns", "exec", `${LAB}.${ns}`, ...argv], { encoding: "utf8", timeout: 20_000 }).trim();
}

function ask(ns = "node1", host = "10.96.0.99"): string {
  return inside(ns, "curl", "-s", "-m", "5", `http://${host}/hostname`);
}

/** Who answers so many times: where an endpoint is slow to take a connection, another one gets an additional turn. */
function met(times: number, ns?: string, host?: string): string[] {
  return [...new Set(Array.from({ length: times }, () => ask(ns, host)))].toSorted();
}

let client: AgentClient | undefined;
let ids: readonly string[] = [];

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function start(wishes: Wishes): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, resources(wishes));
  ids = agentIds(LAB);
  return client;
}

async function converge(agent: AgentClient, wishes: Wishes): Promise<string[]> {
  const plan = await differences(agent, LAB, resources(wishes));
  const result = await agent.call("apply", { operations: plan.operations, mode: "converge", keep: false });
  expect(result.failures).toEqual([]);
  expect((await differences(agent, LAB, resources(wishes))).operations).toEqual([]);
  return plan.operations.map(({ id }) => id);
}

test("endpoints take turns in both families, by every address; the backend sees the node", async () => {
  await start({ pods: ["web-a", "web-b"] });
  const both = ["web-a", "web-b"];
  expect(met(6)).toEqual(both);
  expect([ask("node1", `[${SIX}]`), ask("node2", `[${SIX}]`)].every((name) => both.includes(name))).toBe(true);
  expect(met(6, "internet", "192.168.50.11:30080")).toEqual(both);
  expect(both).toContain(ask("node1", "127.0.0.1:30080"));
  expect(inside("node2.default.sink", "curl", "-s", "-m", "5", "http://10.96.0.99/clientip")).toMatch(
    /^10\.244\.1\.1:/,
  );
});

test("a new endpoint changes the proxies alone; it is met at once, and who is connected stays", async () => {
  const agent = await start({ pods: ["web-a"] });
  expect(ask()).toBe("web-a");
  const connection = spawn("ip", ["netns", "exec", `${LAB}.node1`, "bash", "-c",
    "exec 3<>/dev/tcp/10.96.0.99/80; echo connected; read; printf 'GET /hostname HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
  ]); // prettier-ignore
  let said = "";
  connection.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise((resolve) => connection.on("close", resolve));
  await expect.poll(async () => Object.keys(await served(agent)), { timeout: 10_000 }).toHaveLength(1);
  const operations = await converge(agent, { pods: ["web-a", "web-b", "web-c"] });
  expect(operations.filter((id) => id.includes("iptables:node1"))).toEqual([]);
  expect(operations.filter((id) => id.includes("proxy:node1:ipv") && id.includes("default/web"))).toHaveLength(4);
  expect(met(9)).toEqual(["web-a", "web-b", "web-c"]);
  connection.stdin.end("\n");
  await ended;
  expect(said).toMatch(/^connected\n.*web-a$/s);
  await converge(agent, { pods: ["web-b"] });
  expect([ask(), ask()]).toEqual(["web-b", "web-b"]);
});

async function served(agent: AgentClient): Promise<Record<string, number>> {
  const { proxies } = await agent.call("proxies", { ns: "node1" });
  return { ...proxies.find(({ spec }) => spec.service === "default/web:http" && spec.family === "ipv4")?.served };
}

test("without a ready endpoint a connection is taken and broken off", async () => {
  const agent = await start({ pods: [] });
  const probe = { kind: "tcp", ns: "node1", to: "10.96.0.99", port: 80, timeout: 5000 } as const;
  const { results } = await agent.call("probe", { probes: [probe, { ...probe, to: SIX }] });
  expect(results.map(({ outcome }) => outcome)).toEqual(["reset", "reset"]);
});

test("a client keeps its endpoint where the Service asks for it", async () => {
  const agent = await start({ pods: ["web-a", "web-b", "web-c"], spec: "sessionAffinity: ClientIP" });
  const first = ask();
  expect([ask(), ask(), ask()]).toEqual([first, first, first]);
  await converge(agent, { pods: ["web-a", "web-b", "web-c"] });
  expect(met(9)).toHaveLength(3);
});

test("UDP: each client has its endpoint, answers come from the Service's address", async () => {
  const agent = await start({ pods: ["web-a", "web-b"] });
  const probe = { kind: "udp", ns: "default/sink", to: "10.96.0.99", port: 90, timeout: 5000 } as const;
  const probes = [
    ...Array.from({ length: 20 }, () => probe),
    ...Array.from({ length: 4 }, () => ({ ...probe, to: SIX })),
  ];
  const { results } = await agent.call("probe", { probes });
  expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(["open"]));
  expect(new Set(results.map(({ hostname }) => hostname))).toEqual(new Set(["web-a", "web-b"]));
  expect(new Set(results.map(({ sourceIP }) => sourceIP))).toEqual(new Set(["10.244.1.1", "fd00:10:244:1::1"]));
});

test("megabytes go through unharmed both ways, and an end of one direction is the end of that direction only", async () => {
  await start({ pods: ["web-a"] });
  const size = 3_000_000;
  // Sends back what it got, when all of it is there: the client's end must come through while its other direction is open.
  const server = spawn("ip", ["netns", "exec", `${LAB}.node2.default.sink`, "node", "-e",
    `require("net").createServer({allowHalfOpen:true},(s)=>{const all=[];s.on("data",(b)=>all.push(b)).on("end",()=>s.end(Buffer.concat(all)))}).listen(7000,()=>console.log("listens"))`,
  ]); // prettier-ignore
  try {
    await new Promise((resolve) => server.stdout.once("data", resolve));
    const code = `const all=[],b=Buffer.alloc(${size},"0123456789abcdef"),s=require("net").connect({host:"10.96.0.98",port:7000,allowHalfOpen:true},()=>s.end(b));s.on("data",(d)=>all.push(d)).on("end",()=>console.log(require("crypto").createHash("sha256").update(Buffer.concat(all)).digest("hex")))`;
    const hash = createHash("sha256").update(Buffer.alloc(size, "0123456789abcdef")).digest("hex");
    expect(inside("node1", "node", "-e", code)).toBe(hash);
  } finally {
    server.kill();
  }
});

test("another mode takes its place while requests continue, and route_localnet is the other mode's only", async () => {
  const agent = await start({ pods: ["web-a"] });
  const localnet = (): string => inside("node1", "sysctl", "-n", "net.ipv4.conf.all.route_localnet");
  expect(localnet()).toBe("0");
  const switched = async (mode: string): Promise<void> => {
    // Each asks for a connection of its own, again and again, until the switch is through.
    const loop = spawn("ip", ["netns", "exec", `${LAB}.node2.default.sink`, "bash", "-c",
      "while ! read -t 0 x 2>/dev/null; do curl -s -m 10 http://10.96.0.99/hostname || echo LOST; echo; done",
    ]); // prettier-ignore
    let answers = "";
    loop.stdout.setEncoding("utf8").on("data", (text: string) => (answers += text));
    const ended = new Promise((resolve) => loop.on("close", resolve));
    const lines = (): string[] => answers.split("\n").filter((line) => line !== "");
    await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThan(2);
    await converge(agent, { mode, pods: ["web-a"] });
    const before = lines().length;
    await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThan(before + 2);
    loop.stdin.end("\n");
    await ended;
    expect(new Set(lines())).toEqual(new Set(["web-a"]));
  };
  await switched("iptables");
  expect(localnet()).toBe("1");
  expect(inside("node1", "iptables-save")).not.toContain("KUBE-PORTALS");
  expect((await agent.call("proxies", { ns: "node1" })).proxies).toEqual([]);
  await switched("userspace");
  expect(localnet()).toBe("0");
  expect(inside("node1", "iptables-save")).not.toContain("KUBE-SVC");
  await switched("nftables");
  expect(inside("node1", "iptables-save")).not.toContain("KUBE-");
  await switched("userspace");
  expect(inside("node1", "nft", "list", "tables")).not.toContain("kube-proxy");
});
