/** The ClusterNetworkPolicy tables of shared/conformance (kubernetes-sigs/network-policy-api), read as steps. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyWorld } from "../../src/cluster/policy/policy-world.ts";
import { absence, CONFORMANCE } from "./data.ts";
import { clusterPolicyOf, keyOf, policyOf, readCases } from "./policies.ts";
import type { Labels, Manifest, PolicyProbe, PolicyStep } from "./policies.ts";

const SET = "cluster-network-policy";

export const CLUSTER_POLICY_TABLES_ABSENT = absence(SET);

interface ClusterPolicyCase {
  readonly id: string;
  readonly manifests: readonly Manifest[];
  readonly steps: readonly {
    readonly actions: readonly {
      readonly op: string;
      readonly policy?: Manifest;
      readonly namespace?: string;
      readonly labels?: Labels;
    }[];
    readonly probes: readonly (Omit<PolicyProbe, "allowed"> & { readonly expect: boolean })[];
  }[];
}

interface TablePod {
  readonly ns: string;
  readonly name: string;
  readonly labels: Labels;
  readonly hostNetwork: boolean;
  readonly ip: string;
  readonly ports: PolicyWorld["pods"][number]["ports"];
}

function file<T>(name: string): T {
  return JSON.parse(readFileSync(join(CONFORMANCE, SET, name), "utf8")) as T;
}

/** Upstream's host ports are templates, 0 in the tables: such a probe asks nothing. */
const isAsked = ({ port }: { readonly port: number }): boolean => port > 0;

function worldOf(
  pods: PolicyWorld["pods"],
  namespaces: ReadonlyMap<string, Labels>,
  manifests: readonly Manifest[],
): PolicyWorld {
  const cluster = manifests.filter(({ kind }) => kind !== "NetworkPolicy");
  return {
    policies: manifests.filter(({ kind }) => kind === "NetworkPolicy").map(policyOf),
    clusterPolicies: cluster.map(clusterPolicyOf),
    namespaces: [...namespaces].map(([name, labels]) => ({
      name,
      labels: { ...labels, "kubernetes.io/metadata.name": name },
    })),
    pods,
    nodes: [],
  };
}

/** Each house lives on a node of its own, with addresses of that node's part. */
function housed(pods: readonly TablePod[]): readonly (PolicyWorld["pods"][number] & { readonly ip: string })[] {
  const houses = [...new Set(pods.map(({ ns }) => ns))];
  const counts = new Map<string, number>();
  return pods
    .filter(({ hostNetwork }) => !hostNetwork)
    .map(({ ns: namespace, ip, ...pod }) => {
      const node = houses.indexOf(namespace) % 4;
      const count = counts.get(namespace) ?? 0;
      counts.set(namespace, count + 1);
      return { ...pod, namespace, ip, node: `node${node}`, addresses: [`192.168.${node}.${10 + count}`] };
    });
}

export function clusterPolicySteps(): readonly PolicyStep[] {
  if (CLUSTER_POLICY_TABLES_ABSENT !== undefined) return [];
  const pods = housed(file<TablePod[]>("pods.json"));
  const base = file<Manifest[]>("base-manifests.json").filter(({ kind }) => kind === "Namespace");
  const filled = (manifest: Manifest): Manifest =>
    JSON.parse(
      pods.reduce(
        (text, { ip, addresses }) => text.replaceAll(`"${ip}/32"`, `"${addresses[0]}/32"`),
        JSON.stringify(manifest),
      ),
    ) as Manifest;
  return readCases<ClusterPolicyCase>(`${SET}/cases.json`).flatMap(({ id, manifests, steps }) => {
    const namespaces = new Map(
      base.map(({ metadata }) => [metadata.name, (metadata as { readonly labels?: Labels }).labels ?? {}]),
    );
    const policies = new Map(manifests.map((manifest) => [`${String(manifest["kind"])} ${keyOf(manifest)}`, manifest]));
    return steps.map((step, i) => {
      for (const { op, policy, namespace, labels } of step.actions) {
        const [, verb, kind] = /^(create|update|delete)(\w*NetworkPolicy)$/.exec(op) ?? [];
        if (op === "setNamespaceLabels" && namespace !== undefined) namespaces.set(namespace, labels ?? {});
        else if (policy === undefined) throw new Error(`unknown action ${op}`);
        else if (verb === "delete") policies.delete(`${kind} ${keyOf(policy)}`);
        else policies.set(`${kind} ${keyOf(policy)}`, policy);
      }
      const now = [...policies.values()].map(filled);
      return {
        id: `${id}.${i}`,
        manifests: now,
        world: worldOf(pods, namespaces, now),
        tables: [],
        probes: step.probes.filter(isAsked).map(({ expect: allowed, ...probe }) => ({ ...probe, allowed })),
      };
    });
  });
}
