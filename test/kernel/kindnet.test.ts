/**
 * kindnet with packets: pods on routed veths, in both families. A Service (from pods, from the pod itself, by node port), a hostPort,
 * the way out, and a NetworkPolicy, which judges what pods send to their own node too.
 *
 *     client, web, shut — n1      far — n2      internet        shut: no egress but to web
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `kindnet-${process.pid}`;

const pod = (name: string, node: string, port = "containerPort: 80"): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { ${port} } ] } ] } }`;

const text = (backend: string): string =>
  [
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: { plugin: kindnet }, dns: false, networkPolicy: { backend: ${backend} } } } }`,
    pod("client", "n1"),
    pod("web", "n1", "containerPort: 80, hostPort: 8080"),
    pod("shut", "n1"),
    pod("far", "n2"),
    `{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, ipFamilyPolicy: RequireDualStack, clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80, "fd00:10:96::80"], selector: { app: web }, ports: [ { port: 80, nodePort: 30080 } ] } }`,
    `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: shut }, spec: { podSelector: { matchLabels: { app: shut } }, policyTypes: [Egress, Ingress], egress: [ { to: [ { podSelector: { matchLabels: { app: web } } } ] } ] } }`,
  ].join("\n---\n");

describe.each(["nftables", "iptables"])("kindnet, policies by %s", (backend) => {
  let client: AgentClient;
  let lab: Lab;
  let ids: readonly string[] = [];

  beforeAll(async () => {
    ({ lab } = loadLabText(text(backend), "lab.yaml"));
    client = await up(getDriver("netns"), LAB, planResources(lab));
    ids = agentIds(LAB);
  });
  afterAll(async () => {
    await down(client);
    expect(leftovers(LAB, ids)).toEqual([]);
  });

  const NAMED: Readonly<Record<string, readonly [string, string]>> = {
    service: ["10.96.0.80", "fd00:10:96::80"],
    gateway: ["10.244.0.1", "fd00:10:244::1"],
  };

  function addressOf(name: string, family: "4" | "6"): string {
    const [cluster] = lab.clusters;
    const named = NAMED[name];
    if (named !== undefined) return named[family === "4" ? 0 : 1];
    const of =
      name === "internet"
        ? cluster?.internet.address
        : (cluster?.nodes.find((one) => one.name === name) ?? cluster?.pods.find((one) => one.name === name))?.address;
    const address = family === "4" ? of?.ipv4 : of?.ipv6;
    if (address === undefined) throw new Error(`${name} has no address`);
    return address;
  }

  /** `client service 4 80` → who answers and which source it saw, or how it ended. What surprises is asked again. */
  async function expectAnswers(expected: Readonly<Record<string, string>>): Promise<void> {
    const wanted = Object.fromEntries(
      Object.entries(expected).map(([line, answer]) => {
        const family = line.split(" ")[2] === "6" ? "6" : "4";
        return [line, answer.replace(/(?<= sees )\S+/, (name) => addressOf(name, family))];
      }),
    );
    const found: Record<string, string> = {};
    for (const timeout of [1000, 2000, 8000]) {
      const asked = Object.keys(wanted).filter((line) => found[line] !== wanted[line]);
      const probes = asked.map((line): Probe => {
        const [from = "", to = "", family = "4", port = "80"] = line.split(" ");
        const ns = ["n1", "n2", "internet"].includes(from) ? from : `default/${from}`;
        const address = addressOf(to, family === "6" ? "6" : "4");
        return { kind: "http", ns, to: address, port: Number(port), timeout, method: "GET", path: "/", headers: {} };
      });
      if (probes.length === 0) break;
      const { results } = await client.call("probe", { probes });
      for (const [i, line] of asked.entries()) {
        const { outcome = "", hostname = "", sourceIP = "" } = results[i] ?? {};
        found[line] = outcome === "open" ? `${hostname} sees ${sourceIP}` : outcome;
      }
    }
    expect(found).toEqual(wanted);
  }

  const both = (answers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      ["4", "6"].flatMap((family) =>
        Object.entries(answers).map(([line, answer]) => {
          const [from, to, port = "80"] = line.split(" ");
          return [`${from} ${to} ${family} ${port}`, answer];
        }),
      ),
    );

  test("pods, nodes and the way out", async () => {
    await expectAnswers(
      both({
        "client web": "web sees client",
        "client far": "far sees client",
        "far web": "web sees far",
        "n1 web": "web sees gateway",
        "n2 web": "web sees n2",
      }),
    );
    await expectAnswers({ "client internet 4 80": "internet sees n1" });
  });

  test("a Service: from pods, from the pod behind it, from nodes and outside", async () => {
    await expectAnswers(
      both({
        "client service": "web sees client",
        "far service": "web sees far",
        "web service": "web sees gateway",
        "n1 service": "web sees gateway",
        "client n1 30080": "web sees gateway",
        "far n1 30080": "web sees gateway",
      }),
    );
  });

  test("a hostPort", async () => {
    await expectAnswers(both({ "n2 n1 8080": "web sees n2", "internet n1 8080": "web sees internet" }));
  });

  test("a policy: peers as it says, not the pod's own node by egress, but the node to its pod", async () => {
    await expectAnswers(
      both({
        "shut web": "web sees shut",
        "shut service": "web sees shut",
        "shut far": "timeout",
        "client shut": "timeout",
        "far shut": "timeout",
        "n1 shut": "shut sees gateway",
        "n2 shut": "timeout",
        "shut n1 9": "timeout",
        "client n1 9": "refused",
      }),
    );
  });

  test("what is there is what was asked for", async () => {
    expect((await differences(client, LAB, planResources(lab))).operations).toEqual([]);
  });
});
