/** nodeSelector and node affinity (plugin NodeAffinity; component-helpers/scheduling/corev1/nodeaffinity). */
import type { ClusterNode } from "../node/cluster-node.ts";
import type { NodeSelectorTerm, SchedulingSpec } from "./schema.ts";

type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];

export interface NodeRules extends SchedulingSpec {
  readonly nodeSelector?: Readonly<Record<string, string>> | null | undefined;
}

function holds({ key, operator, values }: Requirement, of: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(of, key) ? of[key] : undefined;
  const [bound = ""] = values ?? [];
  switch (operator) {
    case "In":
      return value !== undefined && (values ?? []).includes(value);
    case "NotIn":
      return value === undefined || !(values ?? []).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      if (value === undefined || !/^-?\d+$/.test(value) || !/^-?\d+$/.test(bound)) return false;
      return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
  }
}

/** A term without requirements matches nothing. */
function matchesTerm({ matchExpressions, matchFields }: NodeSelectorTerm, { name, labels }: ClusterNode): boolean {
  const [expressions, fields] = [matchExpressions ?? [], matchFields ?? []];
  if (expressions.length + fields.length === 0) return false;
  const object = { "metadata.name": name };
  return expressions.every((one) => holds(one, labels)) && fields.every((one) => holds(one, object));
}

const termsOf = ({ affinity }: SchedulingSpec): readonly NodeSelectorTerm[] | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** All of nodeSelector, and one of the required terms. */
export function nodeMatches(spec: NodeRules, node: ClusterNode): boolean {
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => node.labels[key] === value);
  const terms = termsOf(spec);
  return isSelected && (terms === undefined || terms.some((term) => matchesTerm(term, node)));
}

/** The only nodes that are looked at, by metadata.name in every term (PreFilter); undefined: all. */
export function namedNodes(spec: SchedulingSpec): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { matchFields } of termsOf(spec) ?? [{}]) {
    const fields = (matchFields ?? []).filter(({ operator }) => operator === "In");
    if (fields.length === 0) return undefined;
    const [first = [], ...others] = fields.map(({ values }) => values ?? []);
    for (const name of first) if (others.every((values) => values.includes(name))) names.add(name);
  }
  return names;
}

export function hasNodePreference({ affinity }: SchedulingSpec): boolean {
  return (affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0;
}

/** Sum of the weights of preferred terms that the node has. */
export function nodePreference({ affinity }: SchedulingSpec, node: ClusterNode): number {
  const terms = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
}
