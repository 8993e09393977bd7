/** What the pictures of a lab show: a box per namespace with its devices, a line per cable, a dashed line per tunnel. */
import { count } from "../counting.ts";
import type { Lab } from "../lab/lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import { labView, type DeviceView, type LabView, type NamespaceView } from "../resources/lab-view.ts";
import { printable } from "../printable.ts";

export interface Graph extends LabView {
  readonly title: string;
}

/** A full mesh of more tunnels than this is a black blot; the devices say enough then. */
const MAX_TUNNELS = 40;

/** `eth0 10.244.0.2/24 mtu 1450`. */
export function deviceLine({ name, lower, addresses, mtu, kind }: DeviceView): string {
  const words = [
    lower === undefined ? name : `${name}@${lower}`,
    ...addresses,
    ...(mtu === undefined || mtu === 1500 || kind === "lo" ? [] : [`mtu ${mtu}`]),
  ];
  return words.join(" ");
}

/** The devices worth a line of their own, and how many plain bridge ports, or pods' devices of one address, are taken together. */
export function boxLines(box: NamespaceView): readonly string[] {
  const plain = box.devices.filter(
    (device) => device.peer !== undefined && device.master !== undefined && device.addresses.length === 0,
  );
  const routed = ({ master, group }: DeviceView): string | undefined => (master === undefined ? group : undefined);
  const alike = Map.groupBy(box.devices, routed);
  const shown = box.devices.filter((device) => {
    const group = routed(device);
    return !plain.includes(device) && (group === undefined || alike.get(group)?.[0] === device);
  });
  const ports = new Map<string, number>();
  for (const { master } of plain) if (master !== undefined) ports.set(master, (ports.get(master) ?? 0) + 1);
  return shown.map((device) => {
    const group = routed(device);
    if (group !== undefined) return `${alike.get(group)?.length} veths, each ${group}`;
    const own = ports.get(device.name);
    return `${deviceLine(device)}${own === undefined ? "" : ` (${count(own, "port")})`}`;
  });
}

/** Throws InputError as planResources does. */
export function labGraph(lab: Lab): Graph {
  const view = labView(planResources(lab));
  return { ...view, title: lab.title ?? lab.name, tunnels: view.tunnels.length > MAX_TUNNELS ? [] : view.tunnels };
}

/** Boxes by the machine that they are on, in order of first mention; a machine's own namespace comes first. */
export function machines(graph: Graph): ReadonlyMap<string, readonly NamespaceView[]> {
  const groups = Map.groupBy(graph.namespaces, (box) => box.node);
  return new Map(
    [...groups].map(([node, boxes]) => [node, boxes.toSorted((a, b) => Number(b.ns === node) - Number(a.ns === node))]),
  );
}

/** No control characters, whatever a lab file says. */
export function plainText(text: string): string {
  return printable(text.replaceAll(/[\t\r\n]/g, " "));
}
