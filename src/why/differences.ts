/** What differs from the lab file in the namespaces that a packet passes, as far as it can matter to this packet. */
import { formatNamespace } from "../net/place.ts";
import type { PlacedDifference } from "../resources/definition.ts";
import { definitionOf, describeResource, devicesOf, KIND_ORDER, namespacesOf } from "../resources/definitions.ts";
import { compareObserved } from "../resources/another-device.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Passage } from "../resources/passage.ts";
import { ObservedIndex } from "../resources/observed-index.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { Resource } from "../resources/resource.ts";
import type { Fact } from "./fact.ts";
import { concerns } from "./packet-way.ts";
import type { PacketWay } from "./packet-way.ts";

export interface Difference extends Fact {
  readonly id: string;
}

const GONE = "the namespace is gone";
const ADDRESS = /(?:\d{1,3}\.){3}\d{1,3}(?:\/\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\/\d+)?/g;

/** In order of dependency: a link before the addresses and routes that it takes with it. */
export function differencesOnWay(observed: ObservedState, way: PacketWay): readonly Difference[] {
  const index = new ObservedIndex(observed);
  const on = new Set(way.namespaces);
  const own = Object.values(observed.applied).filter((resource) => namespacesOf(resource).some((ns) => on.has(ns)));
  const found = own.flatMap((resource) => differencesOf(resource, index, way));
  const rank = (one: Difference): number => KIND_ORDER.indexOf(one.kind);
  const gone = new Set(found.filter(({ text }) => text === GONE).map(({ ns }) => ns));
  return found
    .filter(({ ns, text }) => text === GONE || !gone.has(ns))
    .toSorted((a, b) => rank(a) - rank(b) || way.namespaces.indexOf(a.ns) - way.namespaces.indexOf(b.ns));
}

/** All differences of what makes entries in a list (ResourceDefinition.listed) of one namespace, whatever packets are meant. */
export function differencesInList(observed: ObservedState, ns: string, list: string): readonly Difference[] {
  const index = new ObservedIndex(observed);
  return Object.values(observed.applied).flatMap((resource) =>
    definitionOf(resource).listed?.includes(list) === true
      ? differencesOf(resource, index).filter((one) => one.ns === ns)
      : [],
  );
}

/** `way`: only what can matter to the packet on it. */
function differencesOf(resource: Resource, index: ObservedIndex, way?: PacketWay): Difference[] {
  const apart = definitionOf(resource).differencesApart?.(resource, index);
  if (apart !== undefined) return onWay(resource, apart, way);
  if (way !== undefined && !matters(resource, way)) return [];
  const { id, ns, kind } = resource;
  const compared = compareObserved(resource, index);
  if (compared.status === "same") return [];
  const what = describeResource(resource);
  const heading = definitionOf(resource).heading?.(resource, what);
  if (compared.status === "missing") {
    const text = isNetns(resource) ? GONE : `${heading ?? what} is ${compared.reason ?? "missing"}`;
    return [{ id, ns, kind, text }];
  }
  if (compared.gone === true) return [{ id, ns, kind, text: `${what} is missing` }];
  const texts = compared.differences.filter(
    (text) => way === undefined || (meetsFamily(text, way) && mattersInRules(resource, text, way)),
  );
  const before = heading === undefined ? "" : `${heading}: `;
  return texts.map((text) => ({ id, ns, kind, text: `${before}${text}` }));
}

/** Where the packet passes one of the resource's devices: what it says at each. */
function onWay(resource: Resource, apart: readonly PlacedDifference[], way?: PacketWay): Difference[] {
  if (way !== undefined && !devicesOf(resource).some(({ ns, name }) => way.devices.has(`${ns} ${name}`))) return [];
  const { id, kind } = resource;
  return apart.flatMap(({ ns, text }) => (way === undefined || meetsFamily(text, way) ? [{ id, ns, kind, text }] : []));
}

/** A device's link-local IPv6 address, or an IPv6 rule, plays no part in an IPv4 packet's fate. */
function meetsFamily(text: string, { family }: PacketWay): boolean {
  return family === "ipv6" || !/\bfe80::|^ip -6 /.test(text);
}

/** Could this resource, as a whole, have a part in what happens to the packet? */
export function matters(resource: Resource, way: PacketWay): boolean {
  if ("family" in resource && resource.family !== "inet" && resource.family !== way.family) return false;
  return definitionOf(resource).meets?.(resource, passageOf(way)) !== false;
}

function passageOf(way: PacketWay): Passage {
  const { family, named, namespaces, devices, destinations, shapes } = way;
  return {
    family,
    named,
    source: namespaces[0],
    passes: (ns, device) => devices.has(`${ns} ${device}`),
    concerns: (prefix) => concerns(way, prefix),
    arrives: (ns, port) =>
      destinations.includes(ns) && (port === undefined || shapes.some(({ ports }) => ports?.includes(port) === true)),
  };
}

/** Of a table of rules only those chains matter that refer to the packet's addresses, or to none at all. */
function mattersInRules(resource: Resource, text: string, way: PacketWay): boolean {
  const rules = definitionOf(resource).plan.rulesAbout?.(resource, text);
  if (rules === undefined) return true;
  const named = rules.flatMap((rule) => rule.match(ADDRESS) ?? []);
  const pods = way.namespaces.filter((ns) => ns.includes("/"));
  return (
    named.length === 0 ||
    named.some((address) => concerns(way, address)) ||
    pods.some((pod) => rules.some((rule) => rule.includes(pod)))
  );
}

export function formatFact({ ns, text }: Pick<Fact, "ns" | "text">): string {
  return `${formatNamespace(ns)}: ${text}`;
}

/** Facts that are listed one by one. */
const SHOWN = 4;

/** The first few, each once. */
export function listFacts(facts: readonly string[]): string | undefined {
  if (facts.length === 0) return undefined;
  const unique = [...new Set(facts)];
  const more = unique.length - SHOWN;
  return `${unique.slice(0, SHOWN).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
