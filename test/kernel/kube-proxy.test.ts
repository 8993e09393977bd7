import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `kube-proxy-${process.pid}`;

interface Wishes {
  readonly mode: "iptables" | "nftables";
  readonly pods: readonly string[];
  /** More lines of the Service's spec. */
  readonly spec?: string;
}

/** Two nodes, a Service with affinity on node port 30080, its pods on node2. */
function resources({ mode, pods, spec = "type: NodePort" }: Wishes): readonly Resource[] {
  const pod = (name: string): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web } }
spec: { nodeName: node2, containers: [{ name: c, image: x, ports: [{ containerPort: 8080 }] }] }`;
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec: { cluster: { nodes: [node1, node2], dns: false, kubeProxy: ${mode} } }${pods.map(pod).join("")}
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ${spec}
  clusterIP: 10.96.0.99
  selector: { app: web }
  sessionAffinity: ClientIP
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]
`;
  return planResources(loadLabText(text, "lab.yaml").lab);
}

function inside(ns: string, ...argv: string[]): string {
  return execFileSync("ip", ["netns", "exec", `${LAB}.${ns}`, ...argv], { encoding: "utf8", timeout: 10_000 });
}

/** Rules of KUBE-SERVICES with their counters, which start again when a rule is written again. */
function counted(): string[] {
  const lines = inside("node1", "iptables-save", "-c", "-t", "nat").split("\n");
  return lines.filter((line) => line.includes("-A KUBE-SERVICES ") && !line.startsWith("[0:0]"));
}

/** Handles of the rules of chain `services`: new ones for rules that are written again. */
function handles(): string[] {
  const text = inside("node1", "nft", "-a", "list", "chain", "ip", "kube-proxy", "services");
  return [...text.matchAll(/# handle \d+$/gm)].map(String);
}

/** The Service's chain of all endpoints. */
function serviceChain(text: string): string {
  return /chain (service-\S+\/\S+)/.exec(text)?.[1] ?? "";
}

function ask(): string {
  return inside("node1", "curl", "-s", "-m", "3", "http://10.96.0.99/hostname").trim();
}

async function converge(client: AgentClient, wishes: Wishes): Promise<string[]> {
  const plan = await differences(client, LAB, resources(wishes));
  const result = await client.call("apply", { operations: plan.operations, mode: "converge", keep: false });
  expect(result.failures).toEqual([]);
  await client.call("settled", {}); // what is done by hand after this is not ours
  return plan.operations.map(({ id }) => id);
}

describe("kube-proxy in a running lab", () => {
  let client: AgentClient | undefined;
  let ids: readonly string[] = [];

  afterEach(async () => {
    if (client !== undefined) await down(client);
    client = undefined;
    expect(leftovers(LAB, ids)).toEqual([]);
  });

  const start = async (wishes: Wishes): Promise<AgentClient> => {
    client = await up(getDriver("netns"), LAB, resources(wishes));
    ids = agentIds(LAB);
    return client;
  };

  test("iptables: a new endpoint writes its own chains only; what is broken by hand is found and repaired", async () => {
    const agent = await start({ mode: "iptables", pods: ["web-a", "web-b"] });
    expect(
      (await differences(agent, LAB, resources({ mode: "iptables", pods: ["web-a", "web-b"] }))).operations,
    ).toEqual([]);
    expect(["web-a", "web-b"]).toContain(ask());
    const services = counted();
    expect(services).not.toEqual([]);
    const wishes: Wishes = { mode: "iptables", pods: ["web-a", "web-b", "web-c"] };
    expect(await converge(agent, wishes)).toContain("update iptables:node1:ipv4:nat");
    expect(counted()).toEqual(services);
    expect(inside("node1", "iptables-save", "-t", "nat")).toContain("default/web -> 10.244.1.4:8080");

    inside("node1", "iptables", "-t", "nat", "-F", "KUBE-SERVICES");
    inside("node1", "iptables", "-t", "nat", "-A", "KUBE-MARK-MASQ", "-j", "RETURN");
    inside("node1", "iptables", "-t", "nat", "-D", "PREROUTING", "1");
    expect(await converge(agent, wishes)).toEqual(["update iptables:node1:ipv4:nat"]);
    expect((await differences(agent, LAB, resources(wishes))).operations).toEqual([]);
    expect(["web-a", "web-b", "web-c"]).toContain(ask());
  });

  test("nftables: a new endpoint leaves the rest alone, session affinity included; tampering is repaired", async () => {
    const agent = await start({ mode: "nftables", pods: ["web-a", "web-b"] });
    expect(
      (await differences(agent, LAB, resources({ mode: "nftables", pods: ["web-a", "web-b"] }))).operations,
    ).toEqual([]);
    const first = ask();
    const services = handles();
    const listed = (): string => inside("node1", "nft", "list", "table", "ip", "kube-proxy");
    const stuck = (): string[] => listed().match(/\S+ expires/g) ?? [];
    expect(stuck()).toHaveLength(1);
    const wishes: Wishes = { mode: "nftables", pods: ["web-a", "web-b", "web-c"] };
    expect(await converge(agent, wishes)).toContain("update nft:node1:ipv4:kube-proxy");
    expect(handles()).toEqual(services);
    expect(stuck()).toHaveLength(1);
    expect(ask()).toBe(first);

    inside("node1", "nft", "flush", "chain", "ip", "kube-proxy", serviceChain(listed()));
    inside("node1", "nft", "add", "chain", "ip", "kube-proxy", "stranger");
    expect(await converge(agent, wishes)).toEqual(["update nft:node1:ipv4:kube-proxy"]);
    expect((await differences(agent, LAB, resources(wishes))).operations).toEqual([]);
    expect(listed()).not.toContain("stranger");
    inside("node1", "nft", "delete", "table", "ip", "kube-proxy");
    expect(await converge(agent, wishes)).toEqual(["create nft:node1:ipv4:kube-proxy"]);
    expect(["web-a", "web-b", "web-c"]).toContain(ask());
  });

  test("a load balancer can ask each node whether it has endpoints", async () => {
    const lines = "type: LoadBalancer\n  externalTrafficPolicy: Local\n  healthCheckNodePort: 32000";
    const agent = await start({ mode: "iptables", pods: ["web-a"], spec: lines });
    const health = (node: string): string =>
      inside(node, "curl", "-s", "-m", "3", "-w", " %{http_code}", "http://127.0.0.1:32000/any");
    const report = (localEndpoints: number): string =>
      JSON.stringify(
        { service: { namespace: "default", name: "web" }, localEndpoints, serviceProxyHealthy: true },
        null,
        "\t",
      );
    expect(health("node1")).toBe(`${report(0)} 503`);
    expect(health("node2")).toBe(`${report(1)} 200`);
    await converge(agent, { mode: "iptables", pods: ["web-a", "web-b"], spec: lines });
    expect(health("node2")).toBe(`${report(2)} 200`);
  });

  test("another mode takes the place of the first", async () => {
    const agent = await start({ mode: "iptables", pods: ["web-a"] });
    await converge(agent, { mode: "nftables", pods: ["web-a"] });
    expect(inside("node1", "iptables-save")).not.toContain("KUBE-");
    expect(ask()).toBe("web-a");
    await converge(agent, { mode: "iptables", pods: ["web-a"] });
    expect(inside("node1", "nft", "list", "tables")).not.toContain("kube-proxy");
    expect(ask()).toBe("web-a");
    expect((await differences(agent, LAB, resources({ mode: "iptables", pods: ["web-a"] }))).operations).toEqual([]);
  });
});
