/** The nodes that a connection's first packet is at, with the devices that it comes and goes by: what host endpoints are asked about. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import { networkPlugin } from "../../cluster/cni/registry.ts";
import { UPLINK } from "../../cluster/policy/policy-world.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Family } from "../../net/family.ts";
import { POD } from "../../net/pod-device.ts";
import type { HostPassage } from "./host-verdict.ts";
import type { PolicyPacket } from "./policy-oracle.ts";

/** Where it begins: a pod, a node, or neither. */
export interface Start {
  readonly pod: PodModel | undefined;
  readonly node: ClusterNode | undefined;
}

/** A packet as it is between two nodes, and on its way to whom. */
export interface Leg {
  readonly packet: PolicyPacket;
  /** Absent: it is not a pod. */
  readonly target: PodModel | undefined;
}

/** Builds passages of one cluster. */
export class Passages {
  readonly all: HostPassage[] = [];
  readonly #cluster: ClusterModel;
  readonly #family: Family;

  constructor(cluster: ClusterModel, family: Family) {
    this.#cluster = cluster;
    this.#family = family;
  }

  #nodeOf(address: string): ClusterNode | undefined {
    return this.#cluster.nodes.find((node) => node.address[this.#family] === address);
  }

  #tunnel(from: ClusterNode, to: ClusterNode, pod: PodModel): string | undefined {
    return networkPlugin(this.#cluster).path(this.#cluster, { node: from }, { node: to, pod }, this.#family).tunnel
      ?.device;
  }

  /** A tunnel's own packets, which have the others in them. */
  #carry(from: ClusterNode, to: ClusterNode): void {
    const [port] = networkPlugin(this.#cluster).tunnelPorts(this.#cluster.cni);
    const [source, destination] = [from.address[this.#family], to.address[this.#family]];
    if (port === undefined || source === undefined || destination === undefined) return;
    const packet: PolicyPacket = { from: { address: source }, to: { address: destination }, protocol: "UDP", port };
    const both = { before: packet, after: packet, isTunnel: true };
    this.all.push({ node: from.name, out: UPLINK, ...both }, { node: to.name, in: UPLINK, ...both });
  }

  /** From a node on, where Services may translate it: `before` is what comes there. */
  from(
    here: ClusterNode,
    by: string | undefined,
    before: PolicyPacket,
    { packet: after, target }: Leg,
    arriving: PolicyPacket = after,
  ): void {
    const there =
      target === undefined
        ? this.#nodeOf(after.to.address)
        : this.#cluster.nodes.find(({ name }) => name === target.node);
    const common = { node: here.name, in: by, before, after };
    if (there?.name === here.name) {
      if (target !== undefined) this.all.push({ ...common, out: POD });
      else if (by !== undefined) this.all.push(common);
      return;
    }
    const tunnel = target === undefined || there === undefined ? undefined : this.#tunnel(here, there, target);
    this.all.push({ ...common, out: tunnel ?? UPLINK });
    if (there === undefined) return;
    if (tunnel !== undefined) this.#carry(here, there);
    this.all.push({
      node: there.name,
      in: tunnel ?? UPLINK,
      before: arriving,
      after: arriving,
      ...(target === undefined ? {} : { out: POD }),
    });
  }

  /** Without a Service. */
  direct({ pod, node }: Start, leg: Leg): readonly HostPassage[] {
    const { packet, target } = leg;
    const own = pod === undefined ? node : this.#cluster.nodes.find(({ name }) => name === pod.node);
    if (own !== undefined) this.from(own, pod === undefined ? undefined : POD, packet, leg);
    else {
      const there =
        target === undefined
          ? this.#nodeOf(packet.to.address)
          : this.#cluster.nodes.find(({ name }) => name === target.node);
      if (there !== undefined) this.from(there, UPLINK, packet, leg);
    }
    return this.all;
  }

  /** By a Service that node `at` translates. `asked`: to the Service; `arriving`: as the endpoint's node sees it. */
  translated(
    { pod, node }: Start,
    at: ClusterNode,
    asked: PolicyPacket,
    leg: Leg,
    arriving: PolicyPacket,
  ): readonly HostPassage[] {
    const ownName = pod?.node ?? node?.name;
    if (ownName === at.name) this.from(at, pod === undefined ? undefined : POD, asked, leg, arriving);
    else {
      if (ownName !== undefined)
        this.all.push({
          node: ownName,
          ...(pod === undefined ? {} : { in: POD }),
          out: UPLINK,
          before: asked,
          after: asked,
        });
      this.from(at, UPLINK, asked, leg, arriving);
    }
    return this.all;
  }
}
