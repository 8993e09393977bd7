/** What the pictures of a lab show: a box per namespace with its devices, a line per cable, a dashed line per tunnel. */
import { count } from "../counting.ts";
import type { Lab } from "../lab/lab.ts";
import { planResources } from "../plan/plan-lab.ts";
import { devicesOf } from "../resources/definitions.ts";
import { groupOf, namespaceViews } from "../resources/namespace-views.ts";
import type { DeviceView, NamespaceView } from "../resources/namespace-views.ts";
import type { Resource } from "../resources/resource.ts";
import type { TunnelResource } from "../resources/tunnel/definition.ts";
import type { VxlanResource } from "../resources/vxlan/definition.ts";
import { printable } from "../printable.ts";

export interface GraphEnd {
  readonly ns: string;
  readonly device: string;
}

export interface Graph {
  readonly title: string;
  readonly boxes: readonly NamespaceView[];
  readonly cables: readonly (readonly [GraphEnd, GraphEnd])[];
  readonly tunnels: readonly (readonly [GraphEnd, GraphEnd])[];
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
    (device) => device.kind === "veth" && device.master !== undefined && device.addresses.length === 0,
  );
  const routed = (device: DeviceView): string | undefined =>
    device.master === undefined ? groupOf(device, box.devices) : undefined;
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

/** IPIP and GRE tunnels whose ends name each other. */
function pointToPoint(resources: readonly Resource[]): readonly (readonly [GraphEnd, GraphEnd])[] {
  const tunnels = resources.filter((resource): resource is TunnelResource => resource.kind === "tunnel");
  const ends = ({ type, data: { local, remote, key } }: TunnelResource, other = false): string =>
    [type, key, ...(other ? [remote, local] : [local, remote])].join(" ");
  const byEnds = new Map(tunnels.map((tunnel) => [ends(tunnel), tunnel]));
  return tunnels.flatMap((near, i) => {
    const far = byEnds.get(ends(near, true));
    if (far === undefined || tunnels.indexOf(far) < i) return [];
    return [[near, far].map(({ ns, name }) => ({ ns, device: name })) as unknown as readonly [GraphEnd, GraphEnd]];
  });
}

/** Tunnels between two VXLAN devices that know of each other by a forwarding entry. */
function findTunnels(resources: readonly Resource[]): readonly (readonly [GraphEnd, GraphEnd])[] {
  const vxlans = resources.filter((resource): resource is VxlanResource => resource.kind === "vxlan");
  const byLocal = new Map(vxlans.map((vxlan) => [`${vxlan.local ?? ""} ${vxlan.vni} ${vxlan.port}`, vxlan]));
  const byDevice = new Map(vxlans.map((vxlan) => [`${vxlan.ns} ${vxlan.name}`, vxlan]));
  const found = new Map<string, readonly [GraphEnd, GraphEnd]>();
  for (const resource of resources) {
    if (resource.kind !== "fdb" || resource.dst === undefined) continue;
    const near = byDevice.get(`${resource.ns} ${resource.dev}`);
    const far = near === undefined ? undefined : byLocal.get(`${resource.dst} ${near.vni} ${near.port}`);
    if (near === undefined || far === undefined) continue;
    const ends = [near, far].map((vxlan): GraphEnd => ({ ns: vxlan.ns, device: vxlan.name }));
    const [a, b] = ends.toSorted((x, y) => (`${x.ns} ${x.device}` < `${y.ns} ${y.device}` ? -1 : 1));
    if (a !== undefined && b !== undefined) found.set(`${a.ns} ${a.device} ${b.ns} ${b.device}`, [a, b]);
  }
  for (const pair of pointToPoint(resources))
    found.set(pair.map(({ ns, device }) => `${ns} ${device}`).join(" "), pair);
  return found.size > MAX_TUNNELS ? [] : [...found.values()];
}

/** Throws InputError as planResources does. */
export function labGraph(lab: Lab): Graph {
  const resources = planResources(lab);
  const cables = resources.flatMap((resource): (readonly [GraphEnd, GraphEnd])[] => {
    const [one, other] = devicesOf(resource);
    if (one === undefined || other === undefined) return [];
    return [
      [
        { ns: one.ns, device: one.name },
        { ns: other.ns, device: other.name },
      ],
    ];
  });
  return {
    title: lab.title ?? lab.name,
    boxes: namespaceViews(resources),
    cables,
    tunnels: findTunnels(resources),
  };
}

/** Boxes by the machine that they are on, in order of first mention; a machine's own namespace comes first. */
export function machines(graph: Graph): ReadonlyMap<string, readonly NamespaceView[]> {
  const groups = Map.groupBy(graph.boxes, (box) => box.node);
  return new Map(
    [...groups].map(([node, boxes]) => [node, boxes.toSorted((a, b) => Number(b.ns === node) - Number(a.ns === node))]),
  );
}

/** No control characters, whatever a lab file says. */
export function plainText(text: string): string {
  return printable(text.replaceAll(/[\t\r\n]/g, " "));
}
