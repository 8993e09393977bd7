/** A lab's cluster with what its manifests say of a running one: nodes of Node objects, and addresses, where the lab does not say others. */
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import { parsePrefix, parseAddress, prefixContains, prefixesOverlap } from "../model/address.ts";
import type { ClusterDocument } from "../schema/cluster.ts";
import { clusterFacts } from "./cluster-facts.ts";
import { keepFacts } from "./fact-ranges.ts";
import type { ManifestObject } from "./manifest-objects.ts";

type NodeFields = Exclude<ClusterDocument["nodes"][number], string>;

function inside(text: string | undefined, range: string | undefined): boolean {
  const [whole, prefix] = [parsePrefix(range ?? ""), parsePrefix(text ?? "")];
  const address =
    parseAddress(text ?? "") ??
    (prefix !== undefined && whole !== undefined && prefix.length >= whole.length ? prefix : undefined);
  return whole !== undefined && address !== undefined && prefixContains(whole, address);
}

const only = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

/** `source`: where what cannot be kept is told. */
export function withFacts(
  cluster: ClusterDocument,
  objects: readonly ManifestObject[],
  source: SourceRef,
): { readonly cluster: ClusterDocument; readonly warnings: readonly Diagnostic[] } {
  const found = clusterFacts(objects);
  const given = cluster.nodes.map((node): NodeFields => (typeof node === "string" ? { name: node } : node));
  const declared = new Set(
    objects
      .filter(({ kind }) => kind === "Node")
      .map(({ value }) => String((value["metadata"] as { name?: unknown } | undefined)?.name)),
  );
  const known = new Set(given.map(({ name }) => name));
  const facts = { ...found, nodes: found.nodes.filter(({ name }) => declared.has(name) || known.has(name)) };
  if (
    facts.nodes.every(
      ({ labels, address, podCIDR, podIPs, name }) =>
        known.has(name) &&
        Object.keys(labels).length + podIPs.length === 0 &&
        address === undefined &&
        podCIDR === undefined,
    ) &&
    facts.clusterIPs.length === 0
  )
    return { cluster, warnings: [] };
  const kept = keepFacts(facts);
  const lost = [...kept.lost];
  const defaults = { nodeCIDR: "192.168.50.0/24", podCIDR: "10.244.0.0/16", serviceCIDR: "10.96.0.0/16" } as const;
  const ranges = { ...cluster };
  for (const name of ["nodeCIDR", "podCIDR", "serviceCIDR"] as const) {
    const wanted = kept[name];
    if (wanted === undefined || cluster[name] !== undefined) continue;
    const [range] = [parsePrefix(wanted)];
    const clash = (["nodeCIDR", "podCIDR", "serviceCIDR"] as const).some((other) => {
      const there = parsePrefix(only(ranges[other]) ?? defaults[other]);
      return other !== name && range !== undefined && there !== undefined && prefixesOverlap(range, there);
    });
    if (!clash) ranges[name] = wanted;
  }
  const range = (name: keyof typeof defaults): string => only(ranges[name]) ?? defaults[name];
  const nodes = new Map(given.map((node) => [node.name, node]));
  for (const { name, labels, address, podCIDR } of kept.nodes) {
    const own = nodes.get(name) ?? { name };
    const fits = inside(address, only(own.nodeCIDR) ?? range("nodeCIDR"));
    if (address !== undefined && !fits && own.address === undefined)
      lost.push(`the address of node ${name} (${address}): it is not in ${only(own.nodeCIDR) ?? range("nodeCIDR")}`);
    const partFits = inside(podCIDR, range("podCIDR"));
    if (podCIDR !== undefined && !partFits && own.podCIDR === undefined)
      lost.push(`the podCIDR of node ${name} (${podCIDR}): it is not in ${range("podCIDR")}`);
    nodes.set(name, {
      ...own,
      labels: { ...labels, ...own.labels },
      ...(fits && own.address === undefined ? { address } : {}),
      ...(partFits && own.podCIDR === undefined ? { podCIDR } : {}),
    });
  }
  const warnings = lost.map((text): Diagnostic => ({ severity: "warning", message: `not kept: ${text}`, source }));
  return { cluster: { ...ranges, nodes: [...nodes.values()] }, warnings };
}
