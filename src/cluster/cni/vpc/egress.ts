/**
 * IPv4's way out of an IPv6 cluster: the plugin egress-cni gives each pod a second device v4if0 with an address that means something on
 * its node only, and a chain of its own that translates it (aws/amazon-vpc-cni-k8s b5218838, cmd/egress-cni-plugin).
 */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import { chainName, sandboxId } from "../../../cni/names.ts";
import { parseAddress } from "../../../net/address.ts";
import { DEFAULT_ROUTE, hostAddress, modelPrefix } from "../../../net/families.ts";
import { macFromName } from "../../../net/mac.ts";
import { sha1 } from "../../../net/digest.ts";
import { newRoute, newRule } from "../../../fabric/specs.ts";
import type { TopologyLink } from "../../../fabric/topology.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { PodModel } from "../../../kube/pod/pod-model.ts";
import type { PodEnds } from "../plugin.ts";
import { NETWORK } from "./conflist.ts";
import { eniOfPod } from "./eni.ts";
import { NODE_LOCAL } from "./host-rules.ts";
import type { VpcModel } from "./model.ts";

type Cluster = ClusterModel<VpcModel>;

const DEVICE = "v4if0";
const SUBNET = NODE_LOCAL.ipv4;
const GATEWAY = hostAddress(SUBNET, 1n);
const RANDOM = { prng: ["--random-fully"], hashrandom: ["--random"], none: [] } as const;

/** Pods have it where the cluster is IPv6 and the node has IPv4. */
export function hasEgress({ cni: { env } }: Pick<Cluster, "cni">, { address }: ClusterNode): boolean {
  return env.ipv6 && env.egress && address.ipv4 !== undefined;
}

/** host-local counts from .2; here as the pod's address counts in its node's prefix, so that it stays the same. */
function egressAddress({ cni }: Cluster, pod: PodModel): string {
  const own = parseAddress(pod.address.ipv6 ?? "")?.value ?? 0n;
  const slot = eniOfPod(cni, pod)?.slots[0];
  return hostAddress(SUBNET, 2n + own - (slot === undefined ? own : modelPrefix(slot).value));
}

/** Random there. */
const hostDevice = ({ ns }: PodModel): string => `veth${sha1(`${ns}/${DEVICE}`).toString("hex").slice(0, 8)}`;

export function addEgressDevice(
  cluster: Cluster,
  { pod, inside, onNode }: PodEnds,
  mtu: number,
  links: TopologyLink[],
) {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const peer = hostDevice(pod);
  inside.addInterface({
    name: DEVICE,
    mac: macFromName(pod.ns, DEVICE),
    mtu,
    addresses: [
      {
        address: `${egressAddress(cluster, pod)}/${modelPrefix(SUBNET).length}`,
        prefixRoute: false,
        cause: why(`an IPv4 address for the way out, known to ${pod.node} only`),
      },
    ],
    cause: why("egress-cni: IPv4's way out of a pod that has IPv6"),
  });
  onNode.addInterface({
    name: peer,
    mac: macFromName(pod.node, peer),
    mtu,
    addresses: [{ address: `${GATEWAY}/32`, cause: why("the gateway of the pods' IPv4, on each of these devices") }],
    cause: why(`the end on ${pod.node} of the pod's ${DEVICE}`),
  });
  links.push({
    endpoints: [
      { node: pod.ns, interface: DEVICE },
      { node: pod.node, interface: peer },
    ],
    cause: why("egress-cni's cable from the pod into its node"),
  });
}

export function addEgressRules(cluster: Cluster, { pod, inside, onNode }: PodEnds, node: ClusterNode): void {
  const why = (reason: string): Cause => because(pod.cause, reason);
  const src = egressAddress(cluster, pod);
  const route = { family: "ipv4", dev: DEVICE, protocol: "boot" } as const;
  inside.add(
    newRoute({
      ...route,
      to: `${GATEWAY}/32`,
      scope: "link",
      src,
      cause: why("the gateway of IPv4 is the only neighbour"),
    }),
    newRoute({ ...route, to: SUBNET, via: GATEWAY, src, cause: why("pods of the node are behind the gateway too") }),
    newRoute({ ...route, to: DEFAULT_ROUTE.ipv4, via: GATEWAY, cause: why("IPv4 leaves by the node") }),
  );
  onNode.add(
    newRoute({
      to: `${src}/32`,
      family: "ipv4",
      dev: hostDevice(pod),
      scope: "link",
      protocol: "boot",
      cause: why(`the pod's ${DEVICE}`),
    }),
  );
  const id = sandboxId(pod.ns);
  const chain = chainName(NETWORK, id, "E4-");
  const comment = ["-m", "comment", "--comment", `name: "${NETWORK}" id: "${id}"`];
  const target = ["SNAT", "--to-source", node.address.ipv4 ?? "", ...RANDOM[cluster.cni.env.random]];
  const add = (to: string, words: readonly string[], reason: string): void =>
    onNode.addRules("cni", [newRule("ipv4", "nat", to, words, why(reason))]);
  add("POSTROUTING", ["-s", `${src}/32`, ...comment, "-j", chain], "egress-cni: the pod's IPv4 is translated");
  add(chain, ["-d", "224.0.0.0/4", ...comment, "-j", "ACCEPT"], "egress-cni: not for multicast");
  add(chain, [...comment, "-j", ...target], `egress-cni: out with ${node.name}'s own IPv4 address`);
}
