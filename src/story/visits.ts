/** Where a packet came into a namespace and where it left it, in order. */
import { shapeOf, type PacketShape } from "../why/packet-way.ts";
import type { Family } from "../net/family.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { Sighting } from "../services/trace/protocol.ts";

export interface Visit {
  readonly ns: string;
  readonly way: "there" | "back";
  readonly ins: readonly Sighting[];
  readonly outs: readonly Sighting[];
  /** Where it should go, of a packet that was not seen anywhere. */
  readonly to?: string | undefined;
}

/** `from`: the sender, which has it also where it never left. */
export function visitsOf(
  sightings: readonly Sighting[],
  from: { readonly ns: string; readonly to: string | undefined },
): readonly Visit[] {
  if (sightings.length === 0) return [{ ...from, way: "there", ins: [], outs: [] }];
  const visits: { ns: string; way: Visit["way"]; ins: Sighting[]; outs: Sighting[] }[] = [];
  for (const way of ["there", "back"] as const)
    for (const one of sightings.filter(({ forward }) => forward === (way === "there"))) {
      const last = visits.at(-1);
      const goesOn = last?.ns === one.ns && last.way === way && !(one.direction === "in" && last.outs.length > 0);
      const visit = goesOn ? last : { ns: one.ns, way, ins: [], outs: [] };
      if (!goesOn) visits.push(visit);
      (one.direction === "in" ? visit.ins : visit.outs).push(one);
    }
  return visits;
}

/** The packet as it came in, without a tunnel's header; as it left where it was sent. */
export function shapeIn({ ins, outs }: Visit): PacketShape | undefined {
  const [first = outs[0]] = ins;
  return first === undefined ? undefined : shapeOf(first.packet);
}

export function shapeOut({ outs }: Visit): PacketShape | undefined {
  return outs[0] === undefined ? undefined : shapeOf(outs[0].packet);
}

/** A bridge passes it from port to port, and the namespace's own network stack has no part in it. */
export function isSwitched({ ins, outs }: Visit, state: NamespaceState | undefined): boolean {
  if (ins.length === 0 || outs.length === 0 || state === undefined) return false;
  const masters = [...ins, ...outs].map(({ iface }) => state.links.find(({ name }) => name === iface)?.master);
  return masters[0] !== undefined && masters.every((master) => master === masters[0]);
}

/** br_netfilter runs the hook at the port, before the packet goes up to the bridge. */
export function isRuledAtPort({ ins }: Visit, state: NamespaceState | undefined, family: Family): boolean {
  const [port, bridge] = ins;
  const call = `net.bridge.bridge-nf-call-${family === "ipv6" ? "ip6tables" : "iptables"}`;
  const master = state?.links.find(({ name }) => name === port?.iface)?.master;
  return bridge !== undefined && master === bridge.iface && state?.sysctls[call] === "1";
}
