/**
 * Load-balancer addresses on the underlay: the speaker of an address answers ARP and neighbour solicitations for it by a
 * proxy neighbour entry, and does not have the address itself: it stays no `type LOCAL` for kube-proxy's rules, as with
 * MetalLB. The kernel answers only for what it would route out by another device, so there is one that leads nowhere:
 * what no Service port translates ends there as unreachable.
 */
import { loadBalancerAddresses, loadBalancerSpeaker } from "../load-balancer-speaker.ts";
import type { ClusterModel } from "../cluster.ts";
import { HOST_LENGTH } from "../../net/families.ts";
import { hostMac } from "../../net/mac.ts";
import { because } from "../../cause.ts";
import { newNeighbour, newRoute, newSysctl } from "../../fabric/specs.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import { kindedName } from "../../net/object-ref.ts";

/** A bridge without ports. */
const DEVICE = "kube-lb0";
const UPLINK = "eth0";

const SYSCTLS = {
  ipv4: [["net.ipv4.neigh.eth0.proxy_delay", "0"]],
  ipv6: [
    ["net.ipv6.neigh.eth0.proxy_delay", "0"],
    ["net.ipv6.conf.eth0.proxy_ndp", "1"],
    ["net.ipv6.conf.all.proxy_ndp", "1"],
  ],
} as const;

/** Each address with its Service, the node that announces it, and the node's draft. */
function announced(cluster: ClusterModel, drafts: ReadonlyMap<string, NodeDraft>) {
  return [...loadBalancerAddresses(cluster)].flatMap(([address, service]) => {
    const node = loadBalancerSpeaker(cluster, address);
    const draft = node === undefined ? undefined : drafts.get(node.name);
    return node === undefined || draft === undefined ? [] : [{ address, service, node, draft }];
  });
}

export function loadBalancerDevices(cluster: ClusterModel, drafts: ReadonlyMap<string, NodeDraft>): void {
  for (const { service, node, draft } of announced(cluster, drafts)) {
    if (draft.of("bridge").some((bridge) => bridge.name === DEVICE)) continue;
    draft.addBridge({
      name: DEVICE,
      mac: hostMac({}, `${node.name}/${DEVICE}`),
      cause: because(service.cause, "where announced addresses are routed to; the kernel then answers for them"),
    });
  }
}

export function loadBalancerRules(cluster: ClusterModel, drafts: ReadonlyMap<string, NodeDraft>): void {
  for (const { address, service, node, draft } of announced(cluster, drafts)) {
    const family = address.includes(":") ? "ipv6" : "ipv4";
    const who = kindedName("Service", service);
    const announces = because(service.cause, `${node.name} announces the load-balancer address of ${who} at layer 2`);
    for (const [key, value] of SYSCTLS[family])
      draft.addSysctlOnce(
        newSysctl({ key, value, cause: because(service.cause, "answer for announced addresses at once") }),
      );
    draft.add(
      newRoute({
        to: `${address}/${HOST_LENGTH[family]}`,
        family,
        dev: DEVICE,
        src: node.address[family],
        ...(family === "ipv4" ? { scope: "link" as const } : {}),
        cause: because(service.cause, "the kernel answers only for addresses that it routes elsewhere"),
      }),
    );
    draft.add(newNeighbour({ address, dev: UPLINK, cause: announces }));
  }
}
