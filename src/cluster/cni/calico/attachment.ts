/**
 * How Calico attaches pods (cni-plugin/pkg/dataplane/linux/dataplane_linux.go, felix/dataplane/linux/endpoint_mgr.go): a veth whose end on
 * the node has the same MAC for all pods, a gateway that no device has, for which the node answers by proxy ARP, and a host route per pod.
 */
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import { DEFAULT_ROUTE, HOST_LENGTH, perFamily } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import { linkLocalAddress, podMac } from "../../../net/mac.ts";
import { newNeighbour, newRoute, newSysctl } from "../../../fabric/specs.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { PodAttachment, PodEnds } from "../plugin.ts";
import { addHostPorts } from "../portmap.ts";

/** Name of the conflist. */
export const NETWORK = "k8s-pod-network";
const HOST_MAC = "ee:ee:ee:ee:ee:ee";
/** Of IPv6 the end on the node has the address that follows from its MAC. */
const GATEWAY = { ipv4: "169.254.1.1", ipv6: linkLocalAddress(HOST_MAC) } as const satisfies Record<Family, string>;
/** DeviceRouteProtocol. */
const PROTOCOL = "boot";

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
}

/** configureProcSysForInterface, and the CNI plugin before it. */
const SETTINGS: Readonly<Record<Family, readonly Setting[]>> = {
  ipv4: [
    { key: "ipv4/conf/*/route_localnet", value: "1", reason: "what pods send to 127.0.0.1 by NAT may come in here" },
    { key: "ipv4/neigh/*/proxy_delay", value: "0", reason: "the node answers ARP for the gateway at once" },
    { key: "ipv4/conf/*/proxy_arp", value: "1", reason: `the node answers for ${GATEWAY.ipv4}, which no device has` },
    { key: "ipv4/conf/*/forwarding", value: "1", reason: "what the pod sends is routed" },
  ],
  ipv6: [
    { key: "ipv6/conf/*/accept_ra", value: "0", reason: "a pod cannot give routes to its node" },
    { key: "ipv6/conf/*/accept_dad", value: "0", reason: "the gateway's address is the same on all these devices" },
    {
      key: "ipv6/conf/*/proxy_ndp",
      value: "1",
      reason: "the node may answer neighbour solicitations for other addresses",
    },
    { key: "ipv6/conf/*/forwarding", value: "1", reason: "what the pod sends is routed" },
  ],
};

const single = (address: string, family: Family): string => `${address}/${HOST_LENGTH[family]}`;

function podRoutes({ pod, inside }: PodEnds, family: Family, node: ClusterNode): void {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const route = { family, dev: "eth0", protocol: PROTOCOL };
  if (family === "ipv4")
    inside.add(
      newRoute({
        ...route,
        to: single(GATEWAY.ipv4, family),
        scope: "link",
        cause: why("the gateway, which no device has, is on this link"),
      }),
    );
  inside.add(
    newRoute({
      ...route,
      to: DEFAULT_ROUTE[family],
      via: GATEWAY[family],
      cause: why(`everything goes to ${node.name}, which answers for ${GATEWAY[family]}`),
    }),
  );
}

/** `metric`: of the route to a pod, where this version gives it one. */
export function calicoAttachment(node: ClusterNode, mtu: number, metric?: number): PodAttachment {
  return {
    devices({ pod, inside, onNode }, links) {
      inside.addInterface({
        name: "eth0",
        mac: podMac(pod.address, pod.ns),
        mtu,
        addresses: perFamily(pod.address).map(([family, address]) => ({
          address: single(address, family),
          cause: because(pod.cause, "the pod's address: a single one, so that nothing but the gateway is a neighbour"),
        })),
        cause: because(pod.cause, "the pod's interface"),
      });
      onNode.addInterface({
        name: pod.vethName,
        mac: HOST_MAC,
        mtu,
        cause: because(pod.cause, `the pod's end on ${node.name}: its name is a hash of the pod's`),
      });
      links.push({
        endpoints: [
          { node: pod.ns, interface: "eth0" },
          { node: pod.node, interface: pod.vethName },
        ],
        cause: because(pod.cause, `cable from the pod into ${node.name}`),
      });
    },
    rules(ends) {
      const { pod, onNode } = ends;
      const dev = pod.vethName;
      const addresses = perFamily(pod.address);
      for (const [family, address] of addresses) {
        podRoutes(ends, family, node);
        onNode.add(
          newRoute({
            to: single(address, family),
            family,
            dev,
            protocol: PROTOCOL,
            ...(metric === undefined ? {} : { metric }),
            ...(family === "ipv4" ? { scope: "link" } : {}),
            cause: because(pod.cause, "Felix: route to the pod by its device"),
          }),
          newNeighbour({
            address,
            mac: podMac(pod.address, pod.ns),
            dev,
            cause: because(pod.cause, "Felix: the pod's MAC, so that nothing else answers for its address"),
          }),
          ...SETTINGS[family].map(({ key, value, reason }) =>
            newSysctl({ key: `net/${key.replace("*", dev)}`, value, cause: because(pod.cause, reason) }),
          ),
        );
      }
      const subnets = Object.fromEntries(addresses.map(([family, address]) => [family, single(address, family)]));
      addHostPorts(pod, onNode, { network: NETWORK, device: dev, subnets });
    },
  };
}
