/** Pods on a bridge of their node, as CNI's bridge plugin attaches them (plugins/main/bridge/bridge.go) with isGateway and hairpinMode. */
import { because, type Cause } from "../../cause.ts";
import { canonicalPrefix, DEFAULT_ROUTE, hostAddress, modelPrefix, perFamily } from "../../net/families.ts";
import type { PerFamily } from "../../net/family.ts";
import { podMac } from "../../net/mac.ts";
import { newRoute } from "../../fabric/specs.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { refuseAdvertisements } from "./advertisements.ts";
import type { PodAttachment } from "./plugin.ts";
import { addHostPorts } from "./portmap.ts";

export interface BridgeNetwork {
  readonly bridge: string;
  /** Name of the conflist. */
  readonly network: string;
  readonly mtu: number;
  /** Prefixes that pods reach through the bridge besides the default route. */
  readonly routes?: PerFamily<readonly string[]> | undefined;
  readonly routeReason?: string | undefined;
  readonly cause: Cause;
}

/** The bridge has the first address of the node's part and is the pods' gateway. It comes with the first pod. */
export function bridgeAttachment(node: ClusterNode, network: BridgeNetwork): PodAttachment {
  const { bridge, mtu, cause } = network;
  const ranges = new Map(
    perFamily(node.podCIDR).map(([family, cidr]) => {
      const subnet = canonicalPrefix(cidr);
      const routes = (network.routes?.[family] ?? []).map(canonicalPrefix).filter((to) => to !== subnet);
      return [family, { subnet, gateway: hostAddress(cidr, 1n), length: modelPrefix(cidr).length, routes }] as const;
    }),
  );
  const addBridge = (draft: NodeDraft): void => {
    if (draft.of("bridge").some((one) => one.name === bridge)) return;
    const gateways = Object.fromEntries([...ranges].map(([family, { gateway }]) => [family, gateway]));
    draft.addBridge({
      name: bridge,
      mac: podMac(gateways, `${node.name}/${bridge}`),
      mtu,
      addresses: [...ranges.values()].map(({ gateway, length }) => ({
        address: `${gateway}/${length}`,
        cause: because(cause, `gateway of ${node.name}'s pods`),
      })),
      cause: because(cause, `CNI's bridge plugin joins ${node.name}'s pods`),
    });
  };
  return {
    devices({ pod, inside, onNode }, links) {
      addBridge(onNode);
      inside.addInterface({
        name: "eth0",
        mac: podMac(pod.address, pod.ns),
        mtu,
        addresses: perFamily(pod.address).flatMap(([family, address]) => {
          const range = ranges.get(family);
          if (range === undefined) return [];
          const reason = `pod address from ${node.name}'s ${range.subnet}`;
          return [{ address: `${address}/${range.length}`, cause: because(pod.cause, reason) }];
        }),
        cause: because(pod.cause, "the pod's interface"),
      });
      onNode.addInterface({
        name: pod.vethName,
        mtu,
        bridge,
        hairpin: true,
        cause: because(pod.cause, `the pod's port at ${node.name}'s ${bridge}`),
      });
      links.push({
        endpoints: [
          { node: pod.ns, interface: "eth0" },
          { node: pod.node, interface: pod.vethName },
        ],
        cause: because(pod.cause, `cable from the pod into ${node.name}`),
      });
    },
    rules({ pod, inside, onNode }) {
      for (const [family] of perFamily(pod.address)) {
        const range = ranges.get(family);
        if (range === undefined) continue;
        const add = (to: string, reason: string): void => {
          const route = { to, family, via: range.gateway, dev: "eth0", cause: because(pod.cause, reason) };
          inside.add(newRoute(route));
        };
        add(DEFAULT_ROUTE[family], `${bridge} of ${node.name} is the default gateway`);
        for (const to of range.routes) add(to, network.routeReason ?? "");
      }
      const subnets = Object.fromEntries([...ranges].map(([family, { subnet }]) => [family, subnet]));
      onNode.addSysctlOnce(refuseAdvertisements(bridge, pod.cause));
      onNode.add(refuseAdvertisements(pod.vethName, pod.cause));
      addHostPorts(pod, onNode, { network: network.network, device: bridge, subnets });
    },
  };
}
