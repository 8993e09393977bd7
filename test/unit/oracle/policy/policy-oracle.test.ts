/** The oracle against tables that nobody here wrote, and the corners that they leave out. */
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../../src/oracle/policy/policy-oracle.ts";
import type { PolicyEndpoint } from "../../../../src/oracle/policy/policy-oracle.ts";
import type { PolicyWorld } from "../../../../src/cluster/policy/policy-world.ts";
import {
  cyclonusSteps,
  netpolSteps,
  policyOf,
  POLICY_TABLES_ABSENT,
  recipeMatrices,
} from "../../../conformance/policies.ts";
import type { PolicyStep, PolicyTable } from "../../../conformance/policies.ts";
import { clusterPolicySteps } from "../../../conformance/cluster-policies.ts";
import { withReason } from "../../../conformance/data.ts";
import { recipeProbes } from "../../../conformance/recipes.ts";

function endpoint(world: PolicyWorld, name: string): PolicyEndpoint {
  const [namespace = "", pod = ""] = name.split("/");
  const found = world.pods.find((one) => one.namespace === namespace && one.name === pod);
  return found === undefined ? { address: name } : { pod: { namespace, name: pod }, address: found.addresses[0] ?? "" };
}

function portOf(world: PolicyWorld, table: PolicyTable): number {
  const named = world.pods[0]?.ports.find((port) => port.name === table.port);
  return named?.port ?? Number(table.port);
}

/** The tables as the oracle fills them; their diagonals are ordinary traffic, as through a Service. */
function judged(step: PolicyStep): { readonly mine: unknown; readonly theirs: unknown; readonly cells: number } {
  const letter = (allowed: boolean): string => (allowed ? "." : "X");
  let cells = 0;
  const mine = step.tables.map((table) => {
    const rows = table.order.map((from) =>
      table.order.map((to) => {
        cells += 1;
        return evaluate(step.world, {
          from: endpoint(step.world, from),
          to: endpoint(step.world, to),
          protocol: table.protocol,
          port: portOf(step.world, table),
          hairpin: true,
        });
      }),
    );
    const text = (pick: (verdict: ReturnType<typeof evaluate>) => boolean): string[] =>
      rows.map((row) => row.map((verdict) => letter(pick(verdict))).join(""));
    return {
      combined: text((v) => v.allowed),
      ...(table.ingress === undefined ? {} : { ingress: text((v) => v.ingress.allowed) }),
      ...(table.egress === undefined ? {} : { egress: text((v) => v.egress.allowed) }),
    };
  });
  const theirs = step.tables.map(({ combined, ingress, egress }) => ({
    combined,
    ...(ingress === undefined ? {} : { ingress }),
    ...(egress === undefined ? {} : { egress }),
  }));
  return { mine, theirs, cells };
}

describe.skipIf(POLICY_TABLES_ABSENT !== undefined)(withReason("conformance tables", POLICY_TABLES_ABSENT), () => {
  test.each([
    ["netpol-e2e", netpolSteps(), 1000],
    ["cyclonus", cyclonusSteps(), 60_000],
    ["cyclonus' recipes", recipeMatrices(), 600],
  ] as const)("%s", (_, steps, least) => {
    let cells = 0;
    for (const step of steps) {
      const result = judged(step);
      expect(result.mine, step.id).toEqual(result.theirs);
      cells += result.cells;
    }
    expect(cells).toBeGreaterThan(least);
  });

  test("cluster-network-policy", () => {
    let probes = 0;
    for (const step of clusterPolicySteps())
      for (const { from, to, protocol, port, allowed } of step.probes ?? []) {
        const { world } = step;
        const asked = { from: endpoint(world, from), to: endpoint(world, to), protocol, port };
        expect(evaluate(world, asked).allowed, `${step.id}: ${from} to ${to} ${protocol} ${port}`).toBe(allowed);
        probes += 1;
      }
    expect(probes).toBeGreaterThan(100);
  });

  test("recipes' policy verdicts", () => {
    const probes = recipeProbes();
    expect(probes.length).toBeGreaterThan(20);
    for (const { id, world, from, to, protocol, port, allowed } of probes) {
      const verdict = evaluate(world, { from: endpoint(world, from), to: endpoint(world, to), protocol, port });
      expect(verdict.allowed, id).toBe(allowed);
    }
  });
});

const pod = (name: string, more: Partial<PolicyWorld["pods"][number]> = {}): PolicyWorld["pods"][number] => ({
  namespace: "default",
  name,
  labels: { app: name },
  node: "node1",
  hostNetwork: false,
  addresses: [`10.0.0.${name.codePointAt(0)}`],
  ports: [{ name: "web", port: 80, protocol: "TCP" }],
  ...more,
});

function worldOf(spec: Record<string, unknown>, pods = [pod("a"), pod("b")]): PolicyWorld {
  return {
    clusterPolicies: [],
    policies: [policyOf({ kind: "NetworkPolicy", metadata: { name: "p" }, spec })],
    namespaces: [{ name: "default", labels: { "kubernetes.io/metadata.name": "default" } }],
    pods,
    nodes: [{ name: "node1", labels: {}, internalIPs: ["192.168.50.11"], addresses: ["192.168.50.11", "10.0.0.1"] }],
  };
}

const packet = (world: PolicyWorld, from: string, to: string, port = 80, protocol: "TCP" | "UDP" = "TCP") => ({
  from: endpoint(world, from.includes(".") ? from : `default/${from}`),
  to: endpoint(world, to.includes(".") ? to : `default/${to}`),
  protocol,
  port,
});

describe("corners", () => {
  const denyAll = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

  test("a pod reaches itself and its own node, whatever the policies say, and no other", () => {
    const world = worldOf(denyAll);
    expect(evaluate(world, packet(world, "a", "a"))).toMatchObject({ allowed: true, ingress: { reason: "self" } });
    expect(evaluate(world, packet(world, "192.168.50.11", "a")).ingress.reason).toBe("own-node");
    expect(evaluate(world, packet(world, "a", "10.0.0.1")).egress.reason).toBe("own-node");
    expect(evaluate(world, packet(world, "192.168.50.12", "a")).allowed).toBe(false);
    expect(evaluate(world, packet(world, "a", "b")).egress).toMatchObject({
      reason: "isolated",
      isolatedBy: [{ name: "p" }],
    });
  });

  test("hostNetwork pods are not policed, and no selector sees them", () => {
    const host = pod("h", { hostNetwork: true, node: "node2", addresses: ["192.168.50.12"] });
    const open = worldOf({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }, [pod("a"), host]);
    expect(evaluate(open, packet(open, "h", "a")).allowed).toBe(false);
    expect(evaluate(open, packet(open, "a", "h")).ingress.reason).toBe("host-network");
    const block = worldOf({ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "192.168.50.12/32" } }] }] }, [
      pod("a"),
      host,
    ]);
    expect(evaluate(block, packet(block, "h", "a")).allowed).toBe(true);
  });

  test("a named port is looked up on each destination, with its protocol", () => {
    const other = pod("b", {
      ports: [
        { name: "web", port: 8080, protocol: "TCP" },
        { name: "web", port: 53, protocol: "UDP" },
      ],
    });
    const world = worldOf({ podSelector: {}, policyTypes: ["Egress"], egress: [{ ports: [{ port: "web" }] }] }, [
      pod("a"),
      other,
      pod("c", { ports: [] }),
    ]);
    expect(evaluate(world, packet(world, "a", "b", 8080)).allowed).toBe(true);
    expect(evaluate(world, packet(world, "a", "b", 80)).allowed).toBe(false);
    expect(evaluate(world, packet(world, "a", "b", 53, "UDP")).allowed).toBe(false);
    expect(evaluate(world, packet(world, "a", "c", 80)).allowed).toBe(false);
    expect(evaluate(world, packet(world, "a", "203.0.113.10", 80)).allowed).toBe(false);
  });

  test("except limits its own entry only; the other family never matches", () => {
    const from = [{ ipBlock: { cidr: "0.0.0.0/0", except: ["203.0.113.0/24"] } }];
    const one = worldOf({ podSelector: {}, ingress: [{ from }] });
    expect(evaluate(one, packet(one, "203.0.113.10", "a")).allowed).toBe(false);
    expect(evaluate(one, { ...packet(one, "b", "a"), from: { address: "2001:db8::1" } }).allowed).toBe(false);
    const two = worldOf({ podSelector: {}, ingress: [{ from: [...from, { ipBlock: { cidr: "203.0.113.8/29" } }] }] });
    expect(evaluate(two, packet(two, "203.0.113.10", "a")).ingress).toMatchObject({
      reason: "rule",
      decidedBy: { peer: { cidr: "203.0.113.8/29" } },
    });
  });

  test("NotIn matches who lacks the key; policyTypes default by the rules that are there", () => {
    const notIn = { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["x"] }] };
    const world = worldOf({
      podSelector: { matchLabels: { app: "a" } },
      ingress: [{ from: [{ podSelector: notIn }] }],
    });
    expect(evaluate(world, packet(world, "b", "a")).allowed).toBe(true);
    expect(policyOf({ kind: "NetworkPolicy", metadata: { name: "p" }, spec: { egress: [] } }).types).toEqual([
      "Ingress",
    ]);
    expect(policyOf({ kind: "NetworkPolicy", metadata: { name: "p" }, spec: { egress: [null] } })).toMatchObject({
      types: ["Ingress", "Egress"],
      egress: [{ peers: [], ports: [] }],
    });
  });
});
