/**
 * How machines on different engines are joined. An overlay network of the engines' Swarm needs nothing more,
 * but carries only IPv4 between addresses that it knows; a relay on each engine carries any frame and needs a UDP port.
 */
import { parsePrefix } from "../net/address.ts";
import type { CommonSwarm } from "../engine/swarm.ts";
import type { Underlay } from "../engine/place.ts";
import { HostError } from "../errors.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { Resource } from "../resources/resource.ts";
import type { SegmentLayout } from "./layout.ts";
import { OWN_ADDRESSES } from "./overlay.ts";
import { highestFreeRange } from "./subnet.ts";

export type UnderlayChoice =
  | { readonly kind: "swarm"; readonly manager: string; readonly reason: string }
  | { readonly kind: "relay"; readonly reason: string };

/** Segments with machines on more than one engine. `engineOf`: name by machine. */
export function crossing(
  segments: readonly SegmentLayout[],
  engineOf: (machine: string) => string,
): readonly SegmentLayout[] {
  return segments.filter(({ ports }) => new Set(ports.map(({ machine }) => engineOf(machine))).size > 1);
}

/** Why an overlay network cannot be this segment, as a sentence; undefined when it can. */
export function overlayLacks({ name, ports }: SegmentLayout, resources: Iterable<Resource>): string | undefined {
  const plain = ports.map(({ addresses }) => addresses.map((text) => parsePrefix(text)));
  if (plain.flat().some((subnet) => subnet?.family === "ipv6"))
    return `${name} has IPv6 addresses, which Docker's overlay networks do not carry`;
  if (plain.some((own) => own.length !== 1))
    return `${name} has devices with no address or with several, but an overlay network knows exactly one for each`;
  const [subnet] = plain.flat();
  const taken = ports.flatMap(({ addresses }) => addresses);
  if (subnet === undefined || highestFreeRange(subnet, taken, OWN_ADDRESSES) === undefined)
    return `${name} has no ${OWN_ADDRESSES} addresses in a row left for Docker's own`;
  for (const resource of resources) {
    const { ns, dev, address } = definitionOf(resource).answersFor?.(resource) ?? {};
    if (ports.some((port) => port.ns === ns && port.name === dev))
      return `${ns} answers on ${name} for ${address}, which an overlay network would not find`;
  }
  return undefined;
}

export interface UnderlayFacts {
  readonly asked: Underlay;
  readonly swarm: CommonSwarm;
  /** The first segment's answer of overlayLacks() that is not undefined. */
  readonly lacks?: string | undefined;
}

/** Throws HostError when a Swarm's network was requested but is not possible. */
export function chooseUnderlay({ asked, swarm, lacks }: UnderlayFacts): UnderlayChoice {
  if (asked === "relay") return { kind: "relay", reason: "requested by --underlay" };
  const problem = "lacks" in swarm ? swarm.lacks : lacks;
  if (problem === undefined && "manager" in swarm) {
    const { name } = swarm.manager;
    return {
      kind: "swarm",
      manager: name,
      reason: asked === "swarm" ? "requested by --underlay" : `all engines are in the Swarm that ${name} manages`,
    };
  }
  if (asked === "auto") return { kind: "relay", reason: problem ?? "" };
  throw new HostError(
    `a Swarm network was requested, but ${problem}`,
    "lacks" in swarm ? swarm.hint : "--underlay relay, or auto",
  );
}
