/** What follows from a policy world alone: labels of its namespaces, and what an ipBlock does not mean. */
import type { PolicyWorld } from "./policy-world.ts";
import { DEFAULT_SWITCHES } from "./switches.ts";

type Labels = Readonly<Record<string, string>>;

const namespaces = new WeakMap<PolicyWorld, ReadonlyMap<string, Labels>>();

/** A namespace's labels; one that no manifest declares has its name only. */
export function namespaceLabels(world: PolicyWorld, name: string): Labels {
  let labels = namespaces.get(world);
  if (labels === undefined)
    namespaces.set(world, (labels = new Map(world.namespaces.map((one) => [one.name, one.labels]))));
  return labels.get(name) ?? { "kubernetes.io/metadata.name": name };
}

/** Prefixes of pods and nodes where the network plugin's ipBlocks do not match them; else nothing. */
export function unmeantByBlocks({ switches, ranges, pods, nodes }: PolicyWorld): readonly string[] {
  if ((switches ?? DEFAULT_SWITCHES).ipBlockMatchesPods) return [];
  const single = (address: string): string => `${address}/${address.includes(":") ? 128 : 32}`;
  const ofPods = ranges?.pods ?? pods.flatMap((pod) => pod.addresses.map(single));
  return [...ofPods, ...nodes.flatMap((node) => node.addresses.map(single))];
}
