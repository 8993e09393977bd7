/** Which device of a node leads to which of its pods, as rules with `-i` and `-o` see them. */
import { isCable } from "../resources/cni/attached.ts";
import type { ClusterModel } from "./cluster.ts";
import { networkPlugin } from "./cni/registry.ts";

export interface PodDevices {
  /** Of the node's pods, by address. */
  readonly byAddress: ReadonlyMap<string, string>;
  /** Of all pods: a pattern that none of them matches is about other devices. */
  readonly all: readonly string[];
}

interface PodDevice {
  readonly node: string;
  readonly addresses: readonly string[];
  readonly device: string;
}

function devicesOf(all: readonly PodDevice[], node: string): PodDevices {
  const here = all.filter((one) => one.node === node);
  return {
    byAddress: new Map(here.flatMap(({ addresses, device }) => addresses.map((one) => [one, device]))),
    all: all.map(({ device }) => device),
  };
}

/** Programs choose the devices' names; those of a running lab have been seen. Undefined: a pod's is not known. */
function adoptedDevices({ pods, attachments }: ClusterModel): readonly PodDevice[] | undefined {
  const attached = new Map(attachments?.attached.map((one) => [one.pod, one]));
  const found = pods
    .filter(({ hostNetwork }) => !hostNetwork)
    .map(({ ns }): PodDevice | undefined => {
      const { node, addresses, made = [] } = attached.get(ns) ?? {};
      const cable = made.filter(isCable).find((one) => one.ns === ns);
      if (node === undefined || cable === undefined) return undefined;
      // Rules of the IP layer see the bridge that the device is a port of.
      return { node, addresses: Object.values(addresses ?? {}), device: cable.peer.master ?? cable.peer.name };
    });
  return found.every((one) => one !== undefined) ? found : undefined;
}

/** Undefined: rules see the bridge that the pods are on, or it is not known what programs have chosen. */
export function podDevicesOf(cluster: ClusterModel, node: string): PodDevices | undefined {
  const plugin = networkPlugin(cluster);
  if (plugin.external === true) {
    const adopted = adoptedDevices(cluster);
    return adopted && devicesOf(adopted, node);
  }
  if (plugin.bridged(cluster.cni)) return undefined;
  const routed = cluster.pods
    .filter(({ hostNetwork }) => !hostNetwork)
    .map((pod) => ({ node: pod.node, addresses: Object.values(pod.address), device: pod.vethName }));
  return devicesOf(routed, node);
}
