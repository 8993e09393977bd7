/** Policies that change in a running lab: no moment without enforcement, and rules that cannot be loaded leave the old ones in force. */
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import type { AgentClient } from "../../src/agent/client.ts";
import type { ApplyResult } from "../../src/agent/protocol.ts";
import type { Probe } from "../../src/services/probe/protocol.ts";
import { getDriver } from "../../src/drivers/registry.ts";
import { loadLabText } from "../../src/load/load-lab.ts";
import { planResources } from "../../src/plan/plan-lab.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { agentIds, differences, down, leftovers, up } from "./agent-lab.ts";

const LAB = `policy-changes-${process.pid}`;
type Backend = "iptables" | "nftables";
const BACKENDS = ["iptables", "nftables"] as const;

const pod = (name: string, node: string): string =>
  `{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: ${name} } }, spec: { nodeName: ${node}, containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;
const DENY_DB = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: deny-db }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [] } }`;
const ONLY_WEB = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: only-web }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [ { from: [ { podSelector: { matchLabels: { app: web } } } ] } ] } }`;
const ALLOW_NEW = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: allow-new }, spec: { podSelector: { matchLabels: { app: db } }, ingress: [ { from: [ { podSelector: { matchLabels: { app: other } } } ], ports: [ { port: 80 } ] } ] } }`;

/** db and web are neighbours on n1, other is on n2. */
function resources(backend: Backend, ...policies: readonly string[]): readonly Resource[] {
  const documents = [pod("db", "n1"), pod("web", "n1"), pod("other", "n2"), ...policies];
  const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ${LAB} }
spec: { cluster: { nodes: [n1, n2], networkPolicy: { backend: ${backend} } } }${documents.map((it) => `\n---\n${it}`).join("")}
`;
  return planResources(loadLabText(text, "lab.yaml").lab);
}

let client: AgentClient | undefined;
let ids: readonly string[] = [];
let address = "";

afterEach(async () => {
  if (client !== undefined) await down(client);
  client = undefined;
  expect(leftovers(LAB, ids)).toEqual([]);
});

async function start(wanted: readonly Resource[]): Promise<AgentClient> {
  client = await up(getDriver("netns"), LAB, wanted);
  ids = agentIds(LAB);
  address =
    wanted.flatMap((it) => (it.kind === "addr" && it.ns === "default/db" ? [it.address.split("/")[0] ?? ""] : []))[0] ??
    "";
  return client;
}

async function converge(agent: AgentClient, wanted: readonly Resource[], pace?: number): Promise<ApplyResult> {
  const { operations } = await differences(agent, LAB, wanted);
  return agent.call("apply", { operations, mode: "converge", keep: false, pace });
}

/** Who of web and other reaches db: each asked with patience. */
async function who(agent: AgentClient): Promise<string[]> {
  const names = ["web", "other"];
  const probes = names.map((name): Probe => ({
    kind: "tcp",
    ns: `default/${name}`,
    to: address,
    port: 80,
    timeout: 1500,
  }));
  const { results } = await agent.call("probe", { probes });
  return names.filter((_, i) => results[i]?.outcome === "open");
}

function inside(ns: string, argv: readonly string[], input?: string): string {
  return execFileSync("ip", ["netns", "exec", `${LAB}.${ns}`, ...argv], { encoding: "utf8", timeout: 10_000, input });
}

describe("a change of backend", () => {
  test.each([
    ["iptables", "nftables"],
    ["nftables", "iptables"],
  ] as const)("from %s to %s lets nothing through on its way", async (from, to) => {
    const agent = await start(resources(from, DENY_DB));
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual([]);
    const over = new AbortController();
    const asked: string[] = [];
    const asking = (async () => {
      const probe = (ns: string): Probe => ({ kind: "udp", ns, to: address, port: 80, timeout: 10 });
      const probes = [probe("default/web"), probe("default/other")];
      while (!over.signal.aborted) {
        const { results } = await agent.call("probe", { probes });
        asked.push(...results.map(({ outcome }) => outcome));
      }
    })();
    // Slowly, so that a gap between two operations would be wide enough to be met.
    const { failures } = await converge(agent, resources(to, DENY_DB), 60);
    over.abort();
    await asking;
    expect(failures).toEqual([]);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((outcome) => outcome !== "timeout")).toEqual([]);
    expect((await differences(agent, LAB, resources(to, DENY_DB))).operations).toEqual([]);
    expect(inside("n1", ["iptables-save", "-t", "filter"]).includes("NP-")).toBe(to === "iptables");
    expect(inside("n1", ["nft", "list", "tables"]).includes("k8snet-policy")).toBe(to === "nftables");
  });
});

test.each(BACKENDS)(
  "%s: the lab's own change is not taken for one by hand",
  async (backend) => {
    const agent = await start(resources(backend, DENY_DB));
    const there = resources(backend).find((it) => it.kind === "addr" && it.ns === "default/other");
    const other = there?.kind === "addr" ? (there.address.split("/")[0] ?? "") : "";
    const leaveFlow = async (): Promise<void> => {
      const probe: Probe = { kind: "udp", ns: "default/web", to: other, port: 99, timeout: 200 };
      expect((await agent.call("probe", { probes: [probe] })).results[0]?.outcome).toBe("refused");
    };
    const forgotten = async (): Promise<readonly string[]> =>
      (await agent.call("forgetLeftovers", {})).forgotten.map(({ ns }) => ns);
    expect(await forgotten()).toEqual([]);
    await leaveFlow();
    await converge(agent, resources(backend));
    expect(await forgotten()).toEqual([]);
    // One by hand is known also when the lab's own follows.
    inside("n1", ["iptables", "-A", "INPUT", "-s", "192.0.2.1", "-j", "DROP"]);
    await converge(agent, resources(backend, ALLOW_NEW));
    expect(await forgotten()).toEqual(["n1"]);
  },
  30_000,
);

describe("rules that cannot be loaded", () => {
  test("a set's name is already in use: the old rules stay, the error names the policy", async () => {
    const agent = await start(resources("iptables", ONLY_WEB));
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual(["web"]);
    const wanted = resources("iptables", DENY_DB, ALLOW_NEW);
    const set = wanted.find((it) => it.kind === "ipset" && it.ns === "n1");
    expect(set?.kind).toBe("ipset");
    inside("n1", ["ipset", "create", set?.kind === "ipset" ? set.name : "", "bitmap:port", "range", "1-10"]);
    inside("n1", [
      "iptables",
      "-A",
      "INPUT",
      "-m",
      "set",
      "--match-set",
      set?.kind === "ipset" ? set.name : "",
      "src",
      "-j",
      "ACCEPT",
    ]);
    const { failures } = await converge(agent, wanted);
    expect(failures.map(({ cause }) => cause).join("\n")).toContain("NetworkPolicy default/allow-new");
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual(["web"]);
  });

  test.each(BACKENDS)("%s refuses a rule: the old ones stay, the error names the policy", async (backend) => {
    const agent = await start(resources(backend, ONLY_WEB));
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual(["web"]);
    const wanted = breakRule(resources(backend, ALLOW_NEW), "default/allow-new ingress rule 1");
    const { failures } = await converge(agent, wanted);
    expect(failures.map(({ cause }) => cause).join("\n")).toContain("NetworkPolicy default/allow-new");
    expect(failures.map(({ stderr }) => stderr).join("")).not.toBe("");
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual(["web"]);
    // Once it can be loaded, it is.
    expect((await converge(agent, resources(backend, ALLOW_NEW))).failures).toEqual([]);
    await expect.poll(() => who(agent), { timeout: 20_000 }).toEqual(["other"]);
  });
});

/** Rules of this text ask for something that no kernel has. */
function breakRule(all: readonly Resource[], text: string): readonly Resource[] {
  return all.map((resource): Resource => {
    if (resource.kind === "iptables")
      return {
        ...resource,
        chains: resource.chains.map((chain) => ({
          ...chain,
          rules: chain.rules.map((rule) =>
            rule.args.includes(text)
              ? { ...rule, args: ["-m", "set", "--match-set", "nobodys", "src", ...rule.args] }
              : rule,
          ),
        })),
      };
    if (resource.kind === "nft")
      return {
        ...resource,
        objects: resource.objects.map((object) =>
          object.kind === "chain"
            ? {
                ...object,
                rules: object.rules.map((rule) =>
                  rule.text.includes(text) ? { ...rule, text: `ip saddr @nobodys ${rule.text}` } : rule,
                ),
              }
            : object,
        ),
      };
    return resource;
  });
}
