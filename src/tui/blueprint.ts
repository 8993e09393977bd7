/** The lab as the topology pane shows it: namespaces with their devices, and everything that made each of them. */
import { addTo } from "../append.ts";
import type { Lab } from "../lab/lab.ts";
import { planOperations } from "../plan/plan-operations.ts";
import { planResources } from "../plan/plan-lab.ts";
import type { Operation } from "../resources/operation.ts";
import { namespacesOf } from "../resources/definitions.ts";
import { labView, type DeviceView, type LabView, type NamespaceView } from "../resources/lab-view.ts";

export interface Blueprint {
  /** Nodes first in the lab's order, each followed by its pods, then the other namespaces. */
  readonly namespaces: readonly NamespaceView[];
  readonly tunnels: LabView["tunnels"];
  /** Operations that build the lab from nothing, by namespace. */
  readonly operations: ReadonlyMap<string, readonly Operation[]>;
}

export function makeBlueprint(lab: Lab): Blueprint {
  const resources = planResources(lab);
  const operations = new Map<string, Operation[]>();
  for (const operation of planOperations(lab.name, resources).operations) {
    for (const ns of namespacesOf(operation.resource)) addTo(operations, ns, operation);
  }
  const { namespaces: views, tunnels } = labView(resources);
  const namespaces = views.map((view) => ({
    ...view,
    devices: view.devices.toSorted((a, b) => deviceOrder(a) - deviceOrder(b) || (a.name < b.name ? -1 : 1)),
  }));
  return { namespaces: inTreeOrder(namespaces), tunnels, operations };
}

/** Uplinks first, then tunnels and bridges, then pods' veths. */
function deviceOrder(device: DeviceView): number {
  if (device.peer !== undefined) return device.master === undefined ? 0 : 3;
  return { lo: 0, bridge: 2 }[device.kind as string] ?? 1;
}

function inTreeOrder(all: readonly NamespaceView[]): NamespaceView[] {
  const pods = Map.groupBy(
    all.filter(({ role }) => role === "pod"),
    ({ node }) => node,
  );
  const rank = { node: 0, host: 0, pod: 1, switch: 2, router: 3, internet: 4 };
  const tops = all.filter((view) => view.role !== "pod").toSorted((a, b) => rank[a.role] - rank[b.role]);
  const ordered = tops.flatMap((view) => [view, ...(pods.get(view.ns) ?? [])]);
  const seen = new Set(ordered);
  return [...ordered, ...all.filter((view) => !seen.has(view))];
}
