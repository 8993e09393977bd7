/** What faults that were injected into the lab do to a packet on its way: they are on purpose, and no differences. */
import { faultNote, withInjectedFaults } from "../faults/inject.ts";
import type { InjectedFault } from "../faults/injected.ts";
import type { Lab } from "../lab/lab.ts";
import { planHealthy } from "../plan/plan-lab.ts";
import type { DeviceHook } from "../resources/definition.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { Resource } from "../resources/resource.ts";
import { sameSpec } from "../resources/same-spec.ts";
import { differencesOnWay, matters } from "./differences.ts";
import type { RuleListing } from "../resources/rule-listing.ts";
import type { Fact } from "./fact.ts";
import type { PacketWay } from "./packet-way.ts";

/** Listings of rules by namespace, from before and after the packet. */
interface Counted {
  readonly before: ReadonlyMap<string, RuleListing>;
  readonly after: ReadonlyMap<string, RuleListing>;
}

/** Each says the fault that made it so. */
export function faultsOnWay(lab: Lab, observed: ObservedState, way: PacketWay, counted: Counted): readonly Fact[] {
  let now = planHealthy(lab);
  return (lab.injected ?? []).flatMap((fault) => {
    const before = now;
    now = withInjectedFaults(now, [fault]);
    return effectsOf(lab.name, fault, before, now, observed, way, counted);
  });
}

function effectsOf(
  lab: string,
  fault: InjectedFault,
  before: readonly Resource[],
  after: readonly Resource[],
  observed: ObservedState,
  way: PacketWay,
  counted: Counted,
): readonly Fact[] {
  const then = new Map(after.map((one) => [one.id, one]));
  const there = new Set(before.map(({ id }) => id));
  const changed = before.filter((one) => {
    const other = then.get(one.id);
    return other === undefined || (other !== one && !sameSpec(one, other));
  });
  const words = faultNote(lab, fault);
  const withOnly = (resources: readonly Resource[]): ObservedState => ({
    ...observed,
    applied: Object.fromEntries(resources.map((one) => [one.id, one])),
  });
  // What differs from the fault's own settings as well is not its doing.
  const others = new Set(
    differencesOnWay(withOnly(changed.flatMap(({ id }) => then.get(id) ?? [])), way).map(
      ({ ns, text }) => `${ns} ${text}`,
    ),
  );
  const made = differencesOnWay(withOnly(changed), way).filter(({ ns, text }) => !others.has(`${ns} ${text}`));
  const added = after.filter(({ id }) => !there.has(id)).flatMap((one) => addedBy(one, way, counted));
  // What the agent itself does is not observed: it is as it was asked to be.
  const served = changed
    .filter(
      (one) =>
        then.has(one.id) && definitionOf(one).lives === "agent" && way.namespaces.includes(one.ns) && matters(one, way),
    )
    .map(({ ns, kind, id }): Fact => ({ ns, kind, text: id }));
  return [...made, ...served, ...added].map((fact): Fact => ({ ...fact, id: undefined, fault: words }));
}

/** On a device, where it has counted any of the packets; in the namespace, whatever its rules say. */
function addedBy(one: Resource, way: PacketWay, { before, after }: Counted): readonly Fact[] {
  const { ns, kind } = one;
  const { hooks, metAt } = definitionOf(one);
  const found = (hooks?.(one) ?? []).filter(({ device, chain }) => {
    const [first, last] = [before.get(ns), after.get(ns)];
    if (!way.devices.has(`${ns} ${device}`)) return false;
    if (chain === undefined) return true;
    // What was not counted before and after says nothing of this packet.
    return first !== undefined && last !== undefined && countedIn(last, chain) > countedIn(first, chain);
  });
  if (found.length > 0) return found.map((hook) => ({ ns, kind, text: one.id, added: true, hook }));
  const isOfDevice = "device" in one && one.device !== undefined;
  const table = metAt === "netfilter" && !isOfDevice && "table" in one ? one.table : undefined;
  if (table === undefined || typeof table === "object" || !way.namespaces.includes(ns)) return [];
  return [{ ns, kind, text: one.id, added: true, table: String(table) }];
}

/** Packets that the rules of a chain have counted. */
function countedIn({ nft }: RuleListing, { table, name }: NonNullable<DeviceHook["chain"]>): number {
  const [, body = ""] = nft.split(`table ${table} {`);
  const [own = ""] = body.split("\n}");
  const [, rules = ""] = own.split(`\tchain ${name} {`);
  const [text = ""] = rules.split("\n\t}");
  return [...text.matchAll(/counter packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
}
