/**
 * How a lab's namespaces are spread over machines, and what joins these: each cluster node with its pods is a machine; everything
 * that is not a node (router, internet, raw namespaces) shares one. A switch that only joins machines is a network of the
 * engine, a cable between two machines also. Made from resources alone: the planner knows nothing of machines.
 */
import { createHash } from "node:crypto";
import { addTo } from "../append.ts";
import { addressesOf } from "../resources/definitions.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import { isNetns, type NetnsResource } from "../resources/netns/definition.ts";
import type { Resource } from "../resources/resource.ts";
import type { VethResource } from "../resources/veth/definition.ts";

/** No node has this name: node names contain no dot. */
export const REST = "lab.rest";

export interface MachineLayout {
  readonly name: string;
  readonly namespaces: readonly string[];
  /** The namespace that is the machine's own. */
  readonly ownNamespace?: string | undefined;
}

/** Where a machine is on a segment. */
export interface PortLayout {
  readonly machine: string;
  readonly ns: string;
  readonly name: string;
  /** As the lab sets it; absent: any. */
  readonly mac?: string | undefined;
  /** The other end of the cable: the switch's port, or the other machine's end. */
  readonly far: { readonly ns: string; readonly name: string };
  /** Addresses with prefix length, as the lab sets them. */
  readonly addresses: readonly string[];
}

export interface SegmentLayout {
  readonly name: string;
  /** The switch that this is; absent: a cable. */
  readonly switchNs?: string | undefined;
  readonly mtu: number;
  readonly ports: readonly PortLayout[];
  /** The engine does not need the lab's addresses: it may choose some. */
  readonly anyAddresses?: boolean | undefined;
}

export interface Layout {
  readonly machines: readonly MachineLayout[];
  readonly segments: readonly SegmentLayout[];
}

type End = LinkSettings & { readonly ns: string; readonly name: string };

const DEFAULT_MTU = 1500;

export function layOut(resources: Iterable<Resource>): Layout {
  const all = [...resources];
  const namespaces = all.filter(isNetns);
  const veths = all.filter((one): one is VethResource => one.kind === "veth");
  const isNode = (netns: NetnsResource): boolean => netns.role === "node" || netns.role === "pod";
  const hasNodes = namespaces.some(isNode);
  const switches = new Set(hasNodes ? namespaces.filter((netns) => isPlainSwitch(netns, all)).map(({ ns }) => ns) : []);
  const machineOf = new Map(
    namespaces.filter(({ ns }) => !switches.has(ns)).map((netns) => [netns.ns, isNode(netns) ? netns.node : REST]),
  );
  separate(veths, switches, machineOf);

  const machines = new Map<string, { name: string; namespaces: string[]; ownNamespace?: string }>();
  for (const [ns, name] of machineOf) {
    const machine = machines.get(name) ?? { name, namespaces: [] };
    machines.set(name, machine);
    machine.namespaces.push(ns);
    if (ns === name) machine.ownNamespace = ns;
  }
  return { machines: [...machines.values()], segments: segments(all, veths, switches, machineOf) };
}

/** A bridge and its ports, and nothing that an engine's bridge could not be. */
function isPlainSwitch({ ns, role }: NetnsResource, all: readonly Resource[]): boolean {
  if (role !== "switch") return false;
  let bridges = 0;
  for (const resource of all) {
    if (resource.kind === "veth") {
      for (const end of [resource, resource.peer])
        if (end.ns === ns && (end.master === undefined || end.isolated === true || end.hairpin === true)) return false;
      if (resource.ns === ns && resource.peer.ns === ns) return false;
    } else if (resource.ns === ns) {
      if (resource.kind === "bridge") bridges++;
      else if (resource.kind !== "netns" && resource.kind !== "sysctl") return false;
    }
  }
  return bridges === 1;
}

/** A container is on a network once: where several namespaces of one machine are on the same switch, each is a machine. */
function separate(veths: readonly VethResource[], switches: ReadonlySet<string>, machineOf: Map<string, string>): void {
  const users = new Map<string, Set<string>>();
  for (const veth of veths) {
    for (const [end, far] of bothWays(veth)) {
      if (!switches.has(far.ns) || machineOf.get(end.ns) !== REST) continue;
      users.set(far.ns, (users.get(far.ns) ?? new Set()).add(end.ns));
    }
  }
  for (const namespaces of users.values()) if (namespaces.size > 1) for (const ns of namespaces) machineOf.set(ns, ns);
}

function segments(
  all: readonly Resource[],
  veths: readonly VethResource[],
  switches: ReadonlySet<string>,
  machineOf: ReadonlyMap<string, string>,
): SegmentLayout[] {
  const addresses = new Map<string, string[]>();
  for (const { ns, dev, address } of all.flatMap(addressesOf)) addTo(addresses, `${ns} ${dev}`, address);
  const found = new Map<string, { name: string; switchNs?: string; mtu: number; ports: PortLayout[] }>();
  for (const veth of veths) {
    const ways = bothWays(veth);
    const machines = ways.map(([end]) => machineOf.get(end.ns));
    if (machines[0] !== undefined && machines[0] === machines[1]) continue;
    const switchEnd = ways.find(([end]) => switches.has(end.ns))?.[0];
    const name = switchEnd?.ns ?? `cable-${createHash("sha256").update(veth.id).digest("hex").slice(0, 8)}`;
    const segment = found.get(name) ?? {
      name,
      ...(switchEnd === undefined ? {} : { switchNs: switchEnd.ns }),
      mtu: 0,
      ports: [],
    };
    found.set(name, segment);
    for (const [end, far] of ways) {
      segment.mtu = Math.max(segment.mtu, end.mtu ?? DEFAULT_MTU);
      const machine = machineOf.get(end.ns);
      if (machine === undefined) continue;
      segment.ports.push({
        machine,
        ns: end.ns,
        name: end.name,
        ...(end.mac === undefined ? {} : { mac: end.mac }),
        far: { ns: far.ns, name: far.name },
        addresses: addresses.get(`${end.ns} ${end.name}`) ?? [],
      });
    }
  }
  return [...found.values()];
}

function bothWays(veth: VethResource): readonly (readonly [End, End])[] {
  return [
    [veth, veth.peer],
    [veth.peer, veth],
  ];
}

/** By namespace; switches have no machine. */
export function machinesByNamespace(layout: Layout): Map<string, string> {
  return new Map(layout.machines.flatMap(({ name, namespaces }) => namespaces.map((ns) => [ns, name] as const)));
}

/** Two ends of one container on one network: what cannot be, in one sentence. */
export function layoutProblem(layout: Layout): string | undefined {
  for (const { name, ports } of layout.segments) {
    const seen = new Map<string, string>();
    for (const port of ports) {
      const other = seen.get(port.machine);
      if (other !== undefined)
        return `${other} and ${port.ns}/${port.name} are on the switch ${name} from one container, which can join a network only once`;
      seen.set(port.machine, `${port.ns}/${port.name}`);
    }
  }
  return undefined;
}
