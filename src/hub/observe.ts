/** The real state of all machines, as one lab. Namespaces of machines that are gone are missing. Rejects when no engine answers. */
import { callObserve } from "../agent/call-observe.ts";
import type { Methods } from "../agent/protocol.ts";
import type { NamespaceState, ObservedLink, ObservedState } from "../resources/observed.ts";
import { mergeInherited } from "../resources/sysctl/inherited.ts";
import type { Resource } from "../resources/resource.ts";
import { resourcesIn } from "../resources/definitions.ts";
import type { HubLab } from "./hub-lab.ts";
import { switchState, goneState } from "./segment-state.ts";

export async function observeAcross(lab: HubLab, wants: Methods["observe"]["params"]): Promise<ObservedState> {
  await lab.idle();
  await lab.attach();
  const states = await Promise.all(
    lab.layout.machines.map(async ({ name, namespaces }) => {
      const machine = lab.machines.get(name);
      if (machine === undefined || lab.isLost(name)) return undefined;
      const sysctls = Object.fromEntries(Object.entries(wants.sysctls ?? {}).filter(([ns]) => namespaces.includes(ns)));
      const asked = wants.namespaces?.filter((ns) => namespaces.includes(ns));
      const here = { ...wants, sysctls, ...(asked === undefined ? {} : { namespaces: asked }) };
      return callObserve(machine, here).catch(() => undefined);
    }),
  );
  const there = states.filter((state) => state !== undefined);
  if (there.length === 0) await lab.engines.mustAnswer();
  const namespaces: Record<string, NamespaceState> = Object.assign({}, ...there.map((state) => state.namespaces));
  for (const { switchNs } of lab.layout.segments) {
    if (
      switchNs === undefined ||
      wants.namespaces?.includes(switchNs) === false ||
      !lab.resources.has(`netns:${switchNs}`)
    )
      continue;
    namespaces[switchNs] = switchState(switchNs, lab.networkOf(switchNs) ?? "", lab.resources.values());
  }
  for (const { ports } of lab.layout.segments)
    for (const port of ports) setPeer(namespaces, port.ns, port.name, port.far);
  for (const { name, namespaces: own } of lab.layout.machines)
    if (lab.isLost(name)) for (const ns of own) namespaces[ns] ??= goneState(ns, name);
  const ours = wants.applied === "there" ? resourcesIn(lab.resources, wants.namespaces) : lab.resources;
  return {
    namespaces,
    applied: Object.assign(Object.fromEntries(ours), ...there.map((state) => state.applied)) as Record<
      string,
      Resource
    >,
    iptablesAfterApply: Object.assign(
      {},
      ...there.map((state) => state.iptablesAfterApply),
    ) as ObservedState["iptablesAfterApply"],
    inherited: mergeInherited(there.map(({ inherited = {} }) => inherited)),
    changedFiles: there.flatMap((state) => state.changedFiles ?? []),
    userSpace: there.flatMap((state) => state.userSpace ?? []),
    running: there.flatMap((state) => state.running),
    digests: Object.assign({}, ...there.map((state) => state.digests)) as ObservedState["digests"],
    ages: Object.assign({}, ...there.map((state) => state.ages)) as ObservedState["ages"],
  };
}

function setPeer(
  namespaces: Record<string, NamespaceState>,
  ns: string,
  name: string,
  peer: NonNullable<ObservedLink["peer"]>,
): void {
  const state = namespaces[ns];
  if (state === undefined) return;
  namespaces[ns] = { ...state, links: state.links.map((link) => (link.name === name ? { ...link, peer } : link)) };
}
