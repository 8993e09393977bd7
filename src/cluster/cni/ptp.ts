/**
 * Pods on routed veths, as CNI's ptp plugin attaches them (plugins/main/ptp/ptp.go, containernetworking/plugins 3d27709): no
 * bridge; each pod's device on the node has the gateway's address, and the node a host route to the pod.
 */
import { because, type Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import {
  canonicalPrefix,
  DEFAULT_ROUTE,
  HOST_LENGTH,
  hostAddress,
  modelPrefix,
  perFamily,
} from "../../net/families.ts";
import { podMac } from "../../net/mac.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { newRoute, newSysctl } from "../../fabric/specs.ts";
import type { ClusterNode } from "../../kube/node/cluster-node.ts";
import { refuseAdvertisements } from "./advertisements.ts";
import type { PodAttachment } from "./plugin.ts";
import { addHostPorts } from "./portmap.ts";

/** As netlink.RouteAdd writes it where nothing else is asked for. */
const PROTOCOL = "boot";

interface PtpNetwork {
  /** Name of the conflist. */
  readonly network: string;
  readonly mtu: number;
  readonly cause: Cause;
}

interface Way {
  readonly family: Family;
  readonly address: string;
  /** The node's part of the pod network. */
  readonly subnet: string;
  readonly length: number;
  readonly gateway: string;
}

/** The pod's addresses with what host-local says about them: the gateway is the first of the node's part. */
function waysOf(pod: PodModel, { podCIDR }: ClusterNode): readonly Way[] {
  return perFamily(pod.address).flatMap(([family, address]) => {
    const cidr = podCIDR[family];
    if (cidr === undefined) return [];
    const { length } = modelPrefix(cidr);
    return [{ family, address, subnet: canonicalPrefix(cidr), length, gateway: hostAddress(cidr, 1n) }];
  });
}

const single = (address: string, family: Family): string => `${address}/${HOST_LENGTH[family]}`;

export function ptpAttachment(node: ClusterNode, { network, mtu, cause }: PtpNetwork): PodAttachment {
  return {
    devices({ pod, inside, onNode }, links) {
      const ways = waysOf(pod, node);
      inside.addInterface({
        name: "eth0",
        mac: podMac(pod.address, pod.ns),
        mtu,
        addresses: ways.map(({ address, length, subnet }) => ({
          address: `${address}/${length}`,
          // ptp deletes the kernel's route: everything goes by the gateway.
          prefixRoute: false,
          cause: because(pod.cause, `pod address from ${node.name}'s ${subnet}`),
        })),
        cause: because(pod.cause, "the pod's interface"),
      });
      onNode.addInterface({
        name: pod.vethName,
        mtu,
        addresses: ways.map(({ gateway, family }) => ({
          address: single(gateway, family),
          cause: because(cause, `the gateway of ${node.name}'s pods, on each pod's device`),
        })),
        cause: because(pod.cause, `the pod's end on ${node.name}, without a bridge`),
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
      const ways = waysOf(pod, node);
      const why = (reason: string): Cause => because(pod.cause, reason);
      for (const { family, address, gateway, subnet } of ways) {
        const route = { family, dev: "eth0", protocol: PROTOCOL };
        const onLink = { ...route, to: single(gateway, family), src: address };
        inside.add(
          newRoute({
            ...onLink,
            ...(family === "ipv4" ? { scope: "link" } : {}),
            cause: why("the gateway is the only neighbour"),
          }),
          newRoute({
            ...route,
            to: subnet,
            via: gateway,
            src: address,
            cause: why(`pods of ${node.name} too are reached by the gateway`),
          }),
          newRoute({ ...route, to: DEFAULT_ROUTE[family], via: gateway, cause: why(`${node.name} is the gateway`) }),
        );
        onNode.add(
          newRoute({
            to: single(address, family),
            family,
            dev: pod.vethName,
            ...(family === "ipv4" ? { scope: "host" } : {}),
            protocol: PROTOCOL,
            cause: why("the pod is behind its device"),
          }),
        );
      }
      if (pod.address.ipv6 !== undefined)
        inside.add(
          newSysctl({
            key: "net/ipv6/conf/eth0/keep_addr_on_down",
            value: "1",
            optional: true,
            cause: why("CNI keeps the pod's IPv6 address while its device is down"),
          }),
        );
      onNode.add(refuseAdvertisements(pod.vethName, pod.cause));
      const subnets = Object.fromEntries(ways.map(({ family, subnet }) => [family, subnet]));
      addHostPorts(pod, onNode, { network, device: pod.vethName, subnets });
    },
  };
}
