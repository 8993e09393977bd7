/** Which place of a lab a target's text means: `node1`, `pod/client`, `deploy/web#2`, each with `/INTERFACE`. */
import { count } from "../counting.ts";
import { addTo } from "../append.ts";
import type { Cause } from "../cause.ts";
import { UsageError } from "../errors.ts";
import { perObject } from "../memo.ts";
import type { Family } from "../net/family.ts";
import { formatAddress } from "../net/address.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import { networkPlugin } from "../cluster/cni/registry.ts";
import { tunnelDevice } from "../cluster/cni/words.ts";
import { addDevices, type Device, type DeviceTable, type DeviceTopology } from "../fabric/device-table.ts";
import type { Target } from "../net/target.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { namedWorkload, type WorkloadText } from "../kube/workload/parse-workload.ts";
import { networkOf } from "../cluster/compile/network.ts";
import { isServiceText } from "./service-target.ts";
import type { Topology, TopologyNode } from "../fabric/topology.ts";
import { labNodes, labPods, labServices, labSwitches } from "../cluster/lab-clusters.ts";
import { clusterPrefix, objectKey, objectText, splitCluster, type ObjectRef } from "../net/object-ref.ts";
import { findInClusters, isProblem, type TargetProblem } from "./in-clusters.ts";
import { labInternet } from "../cluster/internet.ts";

/** In place of a device's name, on a node. */
const TUNNEL = "tunnel";
const UPLINK = "eth0";

/** The parts of a lab that are places. */
export interface Places {
  readonly topology: Topology;
  readonly clusters: readonly ClusterModel[];
  /** The clusters' devices, where they are at hand. */
  readonly devices?: DeviceTopology | undefined;
}

interface Namespace {
  readonly ns: string;
  readonly node: string;
  readonly devices: DeviceTable;
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  readonly cause?: Cause | undefined;
}

/** The first address of each family that others can reach: not on lo, not link-local. */
function reachableAddresses(devices: DeviceTable, only?: string): Partial<Record<Family, string>> {
  const found: Partial<Record<Family, string>> = {};
  for (const device of devices.all()) {
    if (only === undefined ? device.name === "lo" : device.name !== only) continue;
    for (const { address } of device.addresses) found[address.family] ??= formatAddress(address);
  }
  return found;
}

/** All places of a lab by name; made once, used many times. */
export class TargetIndex {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #clusters: readonly ClusterModel[];
  readonly #topology: Topology;
  readonly #pods = new Map<string, ClusterModel["pods"][number]>();
  readonly #owned = new Map<string, ClusterModel["pods"][number][]>();

  constructor(lab: Places) {
    const { clusters } = lab;
    this.#clusters = clusters;
    this.#topology = lab.topology;
    const devices = new Map<string, DeviceTable>();
    if (clusters.length > 0) addDevices(devices, lab.devices ?? networkOf(clusters).devices, true);
    addDevices(devices, lab.topology, false);
    const raw = new Map<string, TopologyNode>(lab.topology.nodes.map((node) => [node.name, node]));
    const nodes = new Map(labNodes(lab).map((node) => [node.name, node]));
    const switches = labSwitches(lab);
    const [cluster] = clusters;
    for (const [ns, table] of devices) {
      const own = nodes.get(ns);
      const router = ns === "router" && cluster !== undefined ? cluster.switches[0]?.gateway : undefined;
      const internet = ns === "internet" && cluster !== undefined ? labInternet(clusters).address : undefined;
      const cause =
        own?.cause ?? raw.get(ns)?.cause ?? switches.find((one) => one.name === ns)?.cause ?? cluster?.cause;
      this.#namespaces.set(ns, {
        ns,
        node: raw.get(ns)?.node ?? ns,
        devices: table,
        addresses: own?.address ?? router ?? internet ?? reachableAddresses(table),
        cause,
      });
    }
    for (const pod of labPods(lab)) {
      this.#pods.set(objectKey(pod), pod);
      // A workload's name refers to the pods that stay.
      if (pod.owner === undefined || pod.terminating === true) continue;
      addTo(this.#owned, `${pod.owner.kind} ${objectKey({ ...pod, name: pod.owner.name })}`, pod);
    }
  }

  #pod(text: string, pod: ClusterModel["pods"][number], iface?: string): Target | TargetProblem {
    const namespace = this.#namespaces.get(pod.ns);
    const base = {
      text,
      ns: pod.ns,
      node: pod.node,
      pod: podRef(pod),
      addresses: pod.address,
      cause: pod.cause,
    };
    return iface === undefined || namespace === undefined ? base : this.#withInterface(base, namespace, iface);
  }

  #withInterface(target: Target, namespace: Namespace, iface: string): Target | TargetProblem {
    const name = namespace.devices.get(iface) === undefined ? this.#tunnel(namespace, iface) : iface;
    const device = namespace.devices.get(name);
    if (device === undefined && (iface !== UPLINK || target.pod === undefined || !this.#isOpen(target.node))) {
      const names = namespace.devices.names();
      return {
        message: `${target.text.slice(0, target.text.lastIndexOf("/"))} has no interface "${iface}"`,
        hint: suggestion(iface, names),
      };
    }
    const own = reachableAddresses(namespace.devices, name);
    return {
      ...target,
      iface: name,
      addresses: Object.keys(own).length > 0 ? own : name === UPLINK ? target.addresses : own,
    };
  }

  /** A pod's eth0 is there when the programs have answered that attach it. */
  #isOpen(node: string): boolean {
    const cluster = this.#clusters.find(({ nodes }) => nodes.some(({ name }) => name === node));
    return cluster !== undefined && cluster.attachments === undefined && networkPlugin(cluster).external === true;
  }

  /** `node1/tunnel`: the device by which the node sends to pods of other nodes, whatever the network plugin calls it. */
  #tunnel({ ns }: Namespace, iface: string): string {
    const cluster = this.#clusters.find(({ nodes }) => nodes.some(({ name }) => name === ns));
    return iface === TUNNEL && cluster !== undefined ? (tunnelDevice(cluster, ns) ?? UPLINK) : iface;
  }

  #owners(
    text: string,
    cluster: string | undefined,
    { word, kind, rest }: WorkloadText,
  ): readonly Target[] | TargetProblem {
    const match = /^(?:([^/#]+)\/)??([^/#]+)(?:#(\d+))?(?:\/([^/#]+))?$/.exec(rest);
    if (match === null)
      return {
        message: `"${text}" is not a target`,
        hint: `write ${word}/NAME, ${word}/NAMESPACE/NAME or ${word}/NAME#2`,
      };
    const readings = [
      [match[1] ?? "default", match[2] ?? "", match[4]],
      // `deploy/web/eth0` reads as namespace/name too; the workload that exists wins.
      ...(match[1] === undefined && match[4] !== undefined && match[3] === undefined
        ? [[match[2] ?? "", match[4], undefined]]
        : []),
    ];
    const index = match[3] === undefined ? undefined : Number(match[3]);
    for (const [namespace, name, iface] of readings.toReversed()) {
      const pods = this.#owned.get(`${kind} ${objectKey({ cluster, namespace: namespace ?? "", name: name ?? "" })}`);
      if (pods === undefined) continue;
      const chosen = index === undefined ? pods : pods.slice(index - 1, index);
      if (index !== undefined && (index < 1 || index > pods.length)) {
        return {
          message: `"${text}": ${kind} ${name} has ${count(pods.length, "pod")}`,
          hint: `#1 is the first, #${pods.length} the last`,
        };
      }
      const targets = chosen.map((pod) =>
        this.#pod(index === undefined && pods.length > 1 ? podText(pod, iface) : text, pod, iface),
      );
      return targets.find(isProblem) ?? targets.filter((t): t is Target => !isProblem(t));
    }
    const names = [...this.#owned.values()].flatMap(([pod]) =>
      pod?.owner?.kind === kind ? [objectText(word, { ...pod, name: pod.owner.name })] : [],
    );
    return { message: `there is no ${kind} with pods "${text}"`, hint: suggestion(text, names) };
  }

  #podTargets(text: string, cluster: string | undefined, rest: string): readonly Target[] | TargetProblem {
    const parts = rest.split("/");
    const readings: [string, string | undefined][] = [];
    if (parts.length === 1) readings.push([`default/${rest}`, undefined]);
    if (parts.length === 2) readings.push([rest, undefined], [`default/${parts[0]}`, parts[1]]);
    if (parts.length === 3) readings.push([`${parts[0]}/${parts[1]}`, parts[2]]);
    for (const [key, iface] of readings) {
      const pod = this.#pods.get(`${clusterPrefix(cluster)}${key}`);
      if (pod === undefined) continue;
      const target = this.#pod(text, pod, iface);
      return isProblem(target) ? target : [target];
    }
    return { message: `there is no pod "${rest}"`, hint: suggestion(text, this.podTexts()) };
  }

  /** What a text says that names a workload: `deploy/web`, `sts/prod/db#2`. */
  workload(text: string): WorkloadText | undefined {
    return namedWorkload(splitCluster(text, this.#clusters).text, this.#clusters[0]?.workloadKinds ?? []);
  }

  /** Every pod or namespace that the text means (a workload means several), or what is wrong. */
  find(text: string): readonly Target[] | TargetProblem {
    return findInClusters(text, this.#clusters, (cluster, own) => this.#findIn(text, cluster, own));
  }

  /** `own`: without the name of the cluster. */
  #findIn(text: string, cluster: string | undefined, own: string): readonly Target[] | TargetProblem {
    const owner = this.workload(own);
    if (owner !== undefined) return this.#owners(text, cluster, owner);
    const pod = /^(?:pod|pods)\/(.+)$/.exec(own);
    if (pod !== null) return this.#podTargets(text, cluster, pod[1] ?? "");
    if (isServiceText(own))
      return {
        message: `"${text}" is a Service, not a place`,
        hint: "a Service has addresses and rules, but no namespace: name a pod behind it, or a node",
      };
    const slash = own.indexOf("/");
    const name = slash < 0 ? own : own.slice(0, slash);
    const namespace = this.#namespaces.get(`${clusterPrefix(cluster)}${name}`);
    if (namespace === undefined)
      return { message: `there is no "${text}" in this lab`, hint: suggestion(text, this.texts()) };
    const target: Target = {
      text,
      ns: namespace.ns,
      node: namespace.node,
      addresses: namespace.addresses,
      ...(namespace.cause === undefined ? {} : { cause: namespace.cause }),
    };
    if (slash < 0) return [target];
    const found = this.#withInterface(target, namespace, own.slice(slash + 1));
    return isProblem(found) ? found : [found];
  }

  /** Devices of the namespace or pod that the text means; none when it means none, or several. */
  interfaces(text: string): readonly Device[] {
    const found = this.find(text);
    const [target] = isProblem(found) || found.length !== 1 ? [] : found;
    return target === undefined ? [] : (this.#namespaces.get(target.ns)?.devices.all() ?? []);
  }

  podTexts(): readonly string[] {
    return [...this.#pods.values()].map((pod) => podText(pod));
  }

  /** Texts of all namespaces: nodes, switches, router, internet, raw namespaces, then pods. */
  texts(): readonly string[] {
    const namespaces = [...this.#namespaces.keys()].filter((ns) => !ns.includes("/"));
    return [...namespaces, ...this.podTexts()];
  }

  get clusters(): readonly ClusterModel[] {
    return this.#clusters;
  }

  /** The raw layer. */
  get topology(): Topology {
    return this.#topology;
  }

  get services(): ClusterModel["services"] {
    return labServices({ clusters: this.#clusters });
  }

  get pods(): readonly ClusterModel["pods"][number][] {
    return labPods({ clusters: this.#clusters });
  }
}

function podRef({ cluster, namespace, name }: ObjectRef): ObjectRef {
  return { ...(cluster === undefined ? {} : { cluster }), namespace, name };
}

/** `pod/NAME` in the namespace default, `pod/NAMESPACE/NAME` elsewhere; `west.pod/NAME` in another cluster. */
export function podText(pod: ObjectRef, iface?: string): string {
  const text = objectText("pod", pod);
  return iface === undefined ? text : `${text}/${iface}`;
}

function suggestion(text: string, names: readonly string[]): string {
  return didYouMean(text, names, "there are", 20) ?? "this lab has none";
}

export const targetIndex = perObject((lab: Places) => new TargetIndex(lab));

/** The target that a text means; of a workload the first pod. Throws UsageError with the nearest names. */
export function resolveTarget(lab: Places, text: string): Target {
  const found = targetIndex(lab).find(text);
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  const [first] = found;
  if (first === undefined) throw new UsageError(`"${text}" has no pods`, "set replicas to at least 1");
  return first;
}

/** Every namespace and pod of a lab: nodes, switches, router, internet, raw namespaces, then pods. */
export function listTargets(lab: Places): Target[] {
  const index = targetIndex(lab);
  return index.texts().flatMap((text) => {
    const found = index.find(text);
    return isProblem(found) ? [] : found;
  });
}
