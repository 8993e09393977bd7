/** A lab's cluster with what its manifests say of a running one: nodes of Node objects, and addresses, where the lab does not say others. */
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import { parsePrefix, parseAddress, prefixContains, prefixesOverlap } from "../net/address.ts";
import type { ClusterDocument } from "../cluster/schema.ts";
import { defaultRange } from "../cluster/ranges.ts";
import { clusterFacts, FAMILIES, hasFamily, lostFamily, textsOf } from "./cluster-facts.ts";
import type { ClusterFacts, Family } from "./cluster-facts.ts";
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

const FIELDS = ["nodeCIDR", "podCIDR", "serviceCIDR"] as const;

const listed = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

function ofFamily(value: string | readonly string[] | undefined, family: Family): string | undefined {
  return listed(value).find((text) => (parsePrefix(text) ?? parseAddress(text))?.family === family);
}

/** One text where there is one, as people write it. */
const oneOrMore = (texts: readonly string[]): string | string[] => (texts.length === 1 ? (texts[0] ?? "") : [...texts]);

const isNothing = (facts: ClusterFacts, known: ReadonlySet<string>): boolean =>
  textsOf(facts).length === 0 &&
  facts.nodes.every(({ labels, name }) => known.has(name) && Object.keys(labels).length === 0);

/** The families that the lab's ranges name, else those of the pods and Services; that of the first node's podCIDR first. */
function familiesOf(
  cluster: ClusterDocument,
  all: readonly ClusterFacts[],
  primary: Family | undefined,
): readonly Family[] {
  const said = FIELDS.flatMap((name) => listed(cluster[name])).flatMap((text) => parsePrefix(text)?.family ?? []);
  const used = said.length > 0 ? said : all.filter(hasFamily).map(({ family }) => family);
  const families = FAMILIES.filter((family) => used.includes(family));
  if (families.length === 0) return ["ipv4"];
  return primary === "ipv6" ? families.toReversed() : families;
}

/** The first Node object's that has one. */
function primaryFamily(objects: readonly ManifestObject[]): Family | undefined {
  for (const { kind, value } of objects) {
    const spec = kind === "Node" ? (value["spec"] as { podCIDR?: unknown } | null | undefined) : undefined;
    if (typeof spec?.podCIDR === "string") return parsePrefix(spec.podCIDR)?.family;
  }
  return undefined;
}

function noNodes(source: SourceRef, path: string): Diagnostic {
  const hint = "name them: nodes: [node1, node2]; or put Node objects among the manifests";
  return { severity: "error", message: `${path} has no nodes`, hint, source, path };
}

/** `index`: which of the lab's clusters it is. `source`: the place of reports about what cannot be kept; `isMistaken`: a missing name may be in a part that was wrong. */
export function withFacts(
  cluster: ClusterDocument,
  objects: readonly ManifestObject[],
  source: SourceRef,
  isMistaken: boolean,
  { path = "spec.cluster", index = 0 }: { readonly path?: string; readonly index?: number } = {},
): { readonly cluster: ClusterDocument; readonly diagnostics: readonly Diagnostic[] } {
  const given = cluster.nodes.map((node): NodeFields => (typeof node === "string" ? { name: node } : node));
  const declared = new Set(
    objects
      .filter(({ kind }) => kind === "Node")
      .map(({ value }) => String((value["metadata"] as { name?: unknown } | undefined)?.name)),
  );
  const known = new Set(given.map(({ name }) => name));
  const all = FAMILIES.map((family) => {
    const found = clusterFacts(objects, family);
    return { ...found, nodes: found.nodes.filter(({ name }) => declared.has(name) || known.has(name)) };
  });
  if (all.every((facts) => isNothing(facts, known)))
    return { cluster, diagnostics: given.length > 0 || isMistaken ? [] : [noNodes(source, path)] };
  const families = familiesOf(cluster, all, primaryFamily(objects));
  const kept = families.map((family) => ({
    family,
    ...keepFacts(all.find((facts) => facts.family === family) ?? { family, nodes: [], clusterIPs: [] }),
  }));
  const lost = kept.flatMap((one) => one.lost);
  for (const facts of all) if (!families.includes(facts.family)) lost.push(...lostFamily(facts));
  const ranges = { ...cluster };
  const isUsual = families.length === 1 && families[0] === "ipv4";
  for (const name of FIELDS) {
    if (cluster[name] !== undefined) continue;
    const wanted = kept.map(({ family, [name]: range }) => {
      const prefix = parsePrefix(range ?? "");
      const clash = FIELDS.some((other) => {
        const there = parsePrefix(ofFamily(ranges[other], family) ?? defaultRange(other, family, index));
        return other !== name && prefix !== undefined && there !== undefined && prefixesOverlap(prefix, there);
      });
      return clash ? undefined : range;
    });
    if (wanted.some((range) => range !== undefined) || !isUsual)
      ranges[name] = oneOrMore(families.map((family, i) => wanted[i] ?? defaultRange(name, family, index)));
  }
  const nodes = new Map(given.map((node) => [node.name, node]));
  const fit = (
    what: string,
    own: string | readonly string[] | undefined,
    texts: readonly (readonly [string | undefined, string])[],
  ) =>
    texts.flatMap(([text, whole]) => {
      if (text === undefined || own !== undefined) return [];
      if (inside(text, whole)) return [text];
      lost.push(`the ${what} (${text}): it is not in ${whole}`);
      return [];
    });
  for (const [i, { name, labels }] of (kept[0]?.nodes ?? []).entries()) {
    const own = nodes.get(name) ?? { name };
    const range = (field: "nodeCIDR" | "podCIDR", family: Family): string =>
      ofFamily(ranges[field], family) ?? defaultRange(field, family, index);
    const facts = kept.map(({ family, nodes: all }) => ({ family, ...all[i] }));
    const address = fit(
      `address of node ${name}`,
      own.address,
      facts.map((one) => [one.address, ofFamily(own.nodeCIDR, one.family) ?? range("nodeCIDR", one.family)]),
    );
    const podCIDR = fit(
      `podCIDR of node ${name}`,
      own.podCIDR,
      facts.map((one) => [one.podCIDR, range("podCIDR", one.family)]),
    );
    nodes.set(name, {
      ...own,
      labels: { ...labels, ...own.labels },
      ...(address.length === 0 ? {} : { address: oneOrMore(address) }),
      ...(podCIDR.length === 0 ? {} : { podCIDR: oneOrMore(podCIDR) }),
    });
  }
  const diagnostics = lost.map((text): Diagnostic => ({ severity: "warning", message: `not kept: ${text}`, source }));
  if (nodes.size === 0 && !isMistaken) diagnostics.push(noNodes(source, path));
  return { cluster: { ...ranges, nodes: [...nodes.values()] }, diagnostics };
}
