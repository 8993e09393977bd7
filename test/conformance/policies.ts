/** The NetworkPolicy tables of shared/conformance, read as steps: a world, and who may reach whom in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readManifests } from "../../src/load/manifest.ts";
import type { NetworkPolicyModel } from "../../src/kube/network-policy/network-policy.ts";
import type { PolicyWorld } from "../../src/cluster/policy/policy-world.ts";
import type { ClusterNetworkPolicyModel } from "../../src/kube/cluster-network-policy/cluster-network-policy.ts";
import { resolveClusterNetworkPolicy } from "../../src/kube/cluster-network-policy/resolve-cluster-network-policy.ts";
import type { ClusterPolicyDocument } from "../../src/kube/cluster-network-policy/resolve-cluster-network-policy.ts";
import type { ManifestInput } from "../../src/kube/manifest-input.ts";
import type { ManifestKindName } from "../../src/kube/registry.ts";
import { resolveNetworkPolicy } from "../../src/kube/network-policy/resolve-network-policy.ts";
import { DiagnosticList, Scope } from "../../src/syntax/scope.ts";
import { absence, CONFORMANCE } from "./data.ts";

/** Why the tables cannot be read; undefined when they are there. */
export const POLICY_TABLES_ABSENT = absence("cyclonus");

export type Labels = Readonly<Record<string, string>>;
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

export interface PolicyTable {
  readonly port: number | string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** `NAMESPACE/POD`: rows are sources, columns destinations; `.` allowed, `X` not. */
  readonly order: readonly string[];
  readonly combined: readonly string[];
  readonly ingress?: readonly string[];
  readonly egress?: readonly string[];
}

/** One connection that a table asks about. */
export interface PolicyProbe {
  /** `NAMESPACE/POD`. */
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly allowed: boolean;
}

export interface PolicyStep {
  readonly id: string;
  readonly manifests: readonly Manifest[];
  readonly world: PolicyWorld;
  readonly tables: readonly PolicyTable[];
  /** Where the table is a list. */
  readonly probes?: readonly PolicyProbe[] | undefined;
}

const source = { file: "case.json", line: 1, column: 1 };

/** Throws when our validation refuses what a real API server took. */
function read<T>(manifest: Manifest, kind: ManifestKindName, resolve: (input: ManifestInput, scope: Scope) => T): T {
  const value = { kind, ...manifest };
  const { manifests, diagnostics } = readManifests([{ kind, value, locate: () => source, file: source.file }]);
  const [input] = manifests;
  const mistakes = new DiagnosticList();
  if (input === undefined || diagnostics.length > 0) throw new Error(diagnostics.map((d) => d.message).join("; "));
  const policy = resolve(input, new Scope(mistakes, input.locate));
  if (mistakes.failed) throw new Error(mistakes.diagnostics.map((d) => d.message).join("; "));
  return policy;
}

export function policyOf(manifest: Manifest): NetworkPolicyModel {
  return read({ apiVersion: "networking.k8s.io/v1", ...manifest }, "NetworkPolicy", (input, scope) => {
    if (input.kind !== "NetworkPolicy") throw new TypeError(input.kind);
    return resolveNetworkPolicy(input.object, scope);
  });
}

export function clusterPolicyOf(manifest: Manifest): ClusterNetworkPolicyModel {
  return read(manifest, manifest["kind"] as ClusterNetworkPolicyModel["kind"], (input, scope) => {
    return resolveClusterNetworkPolicy(input.object as ClusterPolicyDocument, scope);
  });
}

export function readCases<T>(file: string): readonly T[] {
  return POLICY_TABLES_ABSENT === undefined
    ? (JSON.parse(readFileSync(join(CONFORMANCE, file), "utf8")) as { cases: T[] }).cases
    : [];
}

const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
const servePorts = [80, 81].flatMap((port) =>
  PROTOCOLS.map((protocol) => ({ name: `serve-${port}-${protocol.toLowerCase()}`, port, protocol })),
);

export function makeWorld(
  namespaces: Readonly<Record<string, Labels>>,
  pods: readonly { readonly pod: string; readonly labels: Labels; readonly ip: string }[],
  policies: readonly Manifest[],
  ports: PolicyWorld["pods"][number]["ports"] = servePorts,
): PolicyWorld {
  return {
    policies: policies.map(policyOf),
    clusterPolicies: [],
    namespaces: Object.entries(namespaces).map(([name, labels]) => ({
      name,
      labels: { ...labels, "kubernetes.io/metadata.name": name },
    })),
    pods: pods.map(({ pod, labels, ip }) => {
      const [namespace = "", name = ""] = pod.split("/");
      return { namespace, name, labels, node: "node3", hostNetwork: false, addresses: [ip], ports };
    }),
    nodes: [],
  };
}

interface CyclonusCase {
  readonly id: string;
  readonly steps: readonly {
    readonly actions: readonly Readonly<Record<string, Manifest | undefined>>[];
    readonly namespaces: Readonly<Record<string, Labels>>;
    readonly pods: readonly { readonly pod: string; readonly labels: Labels; readonly ip: string }[];
    readonly order: readonly string[];
    readonly results: readonly Omit<PolicyTable, "order">[];
  }[];
}

export const keyOf = (manifest: Manifest): string =>
  `${manifest.metadata.namespace ?? "default"}/${manifest.metadata.name}`;

export function cyclonusSteps(): readonly PolicyStep[] {
  return readCases<CyclonusCase>("cyclonus/cases.json").flatMap(({ id, steps }) => {
    const policies = new Map<string, Manifest>();
    return steps.map((step, i) => {
      for (const action of step.actions) {
        for (const [verb, manifest] of Object.entries(action)) {
          if (manifest === undefined) continue;
          if (verb === "createPolicy" || verb === "updatePolicy") policies.set(keyOf(manifest), manifest);
          if (verb === "deletePolicy") policies.delete(keyOf(manifest));
        }
      }
      const manifests = [...policies.values()];
      return {
        id: `${id}.${i}`,
        manifests,
        world: makeWorld(step.namespaces, step.pods, manifests),
        tables: step.results.map((table) => ({ ...table, order: step.order })),
      };
    });
  });
}

interface RecipeMatrix {
  readonly id: string;
  readonly policies: readonly Manifest[];
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly pods: readonly {
    readonly ns: string;
    readonly name: string;
    readonly labels: Labels;
    readonly ip: string;
    readonly ports: PolicyWorld["pods"][number]["ports"];
  }[];
  readonly probe: { readonly port: number; readonly protocol: "TCP" };
  readonly order: readonly string[];
  readonly matrix: readonly string[];
}

export function recipeMatrices(): readonly PolicyStep[] {
  return readCases<RecipeMatrix>("cyclonus/recipes-matrix.json").map((one) => ({
    id: one.id,
    manifests: one.policies,
    world: makeWorld(
      one.namespaces,
      one.pods.map(({ ns, name, labels, ip }) => ({ pod: `${ns}/${name}`, labels, ip })),
      one.policies,
      one.pods[0]?.ports,
    ),
    tables: [{ ...one.probe, order: one.order, combined: one.matrix }],
  }));
}

interface NetpolCase {
  readonly id: string;
  readonly pods: readonly string[];
  readonly steps: readonly {
    readonly actions: readonly {
      readonly op: string;
      readonly policy?: Manifest;
      readonly namespace?: string;
      readonly labels?: Labels;
    }[];
    readonly checks: readonly {
      readonly port: number;
      readonly protocol: "TCP" | "UDP" | "SCTP";
      readonly expected: readonly string[];
      readonly derivedFull3x3: readonly string[];
    }[];
  }[];
}

const NINE = ["x", "y", "z"].flatMap((ns) => ["a", "b", "c"].map((pod) => `${ns}/${pod}`));

/** Policies with upstream's placeholders replaced by the pods' addresses. */
export function fillPlaceholders(manifest: Manifest, addressOf: (pod: string) => string): Manifest {
  const filled = JSON.stringify(manifest)
    .replaceAll(/\$\{ip:([^}]+)\}/g, (_, pod: string) => addressOf(pod))
    .replaceAll(/\$\{net4:([^}]+)\}/g, (_, pod: string) => `${Number(addressOf(pod).split(".")[0]) & 0xf0}.0.0.0`);
  return JSON.parse(filled) as Manifest;
}

export function netpolSteps(): readonly PolicyStep[] {
  const pods = NINE.map((pod, i) => ({
    pod,
    labels: { pod: pod.slice(2) },
    ip: `192.168.${1 + Math.floor(i / 3)}.${10 + (i % 3)}`,
  }));
  const addressOf = (name: string): string => pods.find(({ pod }) => pod === name)?.ip ?? "";
  return readCases<NetpolCase>("netpol-e2e/cases.json").flatMap(({ id, pods: used, steps }) => {
    const namespaces: Record<string, Labels> = { x: { ns: "x" }, y: { ns: "y" }, z: { ns: "z" } };
    let policies: Manifest[] = [];
    return steps.map((step, i) => {
      for (const { op, policy, namespace, labels } of step.actions) {
        if (op === "deleteAllPolicies") policies = [];
        else if (op === "createPolicy" && policy !== undefined) policies.push(fillPlaceholders(policy, addressOf));
        else if (op === "addNamespaceLabel" && namespace !== undefined)
          namespaces[namespace] = { ...namespaces[namespace], ...labels };
        else throw new Error(`unknown action ${op}`);
      }
      return {
        id: `${id}.${i}`,
        manifests: [...policies],
        world: makeWorld(namespaces, pods, policies),
        tables: step.checks.flatMap(({ port, protocol, expected, derivedFull3x3 }) => [
          { port, protocol, order: used, combined: expected },
          { port, protocol, order: NINE, combined: derivedFull3x3 },
        ]),
      };
    });
  });
}
