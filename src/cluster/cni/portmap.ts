/**
 * hostPort: DNAT on the node, with the chains and comments of CNI's portmap plugin with its defaults (plugins/meta/portmap/portmap_iptables.go:
 * genDnatChain, fillDnatRules, genSetMarkChain, genMarkMasqChain): mark bit 13, SNAT on.
 */
import { sha256, sha512 } from "../../net/digest.ts";
import type { Cause } from "../../cause.ts";
import type { ContainerModel, PodModel } from "../../kube/pod/pod-model.ts";
import type { Family, PerFamily } from "../../net/family.ts";
import { canonicalPrefix, perFamily } from "../../net/families.ts";
import { because } from "../../cause.ts";
import { markMatch } from "../marks.ts";
import type { MarkClaim } from "../marks.ts";
import { newRule, newSysctl } from "../../fabric/specs.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";

export const PORTMAP_MARK: MarkClaim = { owner: "portmap", bits: 0x2000, use: "masquerade what a hostPort translated" };
const MARK = markMatch(PORTMAP_MARK);
const DNAT = "CNI-HOSTPORT-DNAT";
const SET_MARK = "CNI-HOSTPORT-SETMARK";
const MASQUERADE = "CNI-HOSTPORT-MASQ";
/** xt_multiport allows no more ports in one rule. */
const MULTIPORT = 15;
const PROTOCOLS = ["tcp", "udp", "sctp"] as const;

type HostPort = ContainerModel["ports"][number] & { readonly hostPort: number };

/** The chains that all pods of a node share; made for the first pod that needs them. */
function addShared(draft: NodeDraft, family: Family, cause: Cause): void {
  if (draft.rulesOf("cni").some((rule) => rule.family === family && rule.chain === SET_MARK)) return;
  const why = because(cause, "hostPort: CNI's portmap plugin on this node");
  const entry = ["-m", "addrtype", "--dst-type", "LOCAL", "-j", DNAT];
  // The plugin prepends this jump, so it comes before the network plugin's.
  draft.addRules("cni", [
    newRule(
      family,
      "nat",
      "POSTROUTING",
      ["-m", "comment", "--comment", "CNI portfwd requiring masquerade", "-j", MASQUERADE],
      why,
      "after kube-proxy",
    ),
    newRule(family, "nat", "PREROUTING", entry, why),
    newRule(family, "nat", "OUTPUT", entry, why),
    newRule(
      family,
      "nat",
      SET_MARK,
      ["-m", "comment", "--comment", "CNI portfwd masquerade mark", "-j", "MARK", "--set-xmark", MARK],
      why,
    ),
    newRule(family, "nat", MASQUERADE, ["-m", "mark", "--mark", MARK, "-j", "MASQUERADE"], why),
  ]);
}

function addFamily(
  pod: PodModel,
  draft: NodeDraft,
  ports: readonly HostPort[],
  family: Family,
  address: string,
  { network, subnet }: { readonly network: string; readonly subnet: string },
): void {
  addShared(draft, family, pod.cause);
  const id = sha256(pod.ns).toString("hex");
  const chain = `CNI-DN-${sha512(network + id)
    .toString("hex")
    .slice(0, 21)}`;
  for (const protocol of PROTOCOLS) {
    const numbers = ports
      .filter((port) => port.protocol === protocol)
      .map((port) => port.hostPort)
      .toSorted((a, b) => a - b);
    for (let at = 0; at < numbers.length; at += MULTIPORT) {
      const match = [
        "-p",
        protocol,
        "-m",
        "comment",
        "--comment",
        `dnat name: "${network}" id: "${id}"`,
        "-m",
        "multiport",
        "--dports",
        numbers.slice(at, at + MULTIPORT).join(","),
      ];
      draft.addRules("cni", [
        newRule(family, "nat", DNAT, [...match, "-j", chain], because(pod.cause, "hostPorts of the pod")),
      ]);
    }
  }
  for (const { protocol, hostPort, hostIP, port, cause } of ports) {
    if (hostIP !== undefined && hostIP.includes(":") !== (family === "ipv6")) continue;
    const at = hostIP === undefined ? [] : ["-d", canonicalPrefix(`${hostIP}/${family === "ipv6" ? 128 : 32}`)];
    const match = ["-p", protocol, "-m", protocol, "--dport", String(hostPort)];
    const target = family === "ipv6" ? `[${address}]:${port}` : `${address}:${port}`;
    const add = (reason: string, ...words: readonly string[]): void => {
      draft.addRules("cni", [newRule(family, "nat", chain, words, because(cause, reason))]);
    };
    add(
      "a pod of this node reaches itself through the hostPort",
      "-s",
      canonicalPrefix(subnet),
      ...at,
      ...match,
      "-j",
      SET_MARK,
    );
    if (family === "ipv4")
      add("the node reaches the hostPort at 127.0.0.1", "-s", "127.0.0.1/32", ...at, ...match, "-j", SET_MARK);
    add(`hostPort ${hostPort} is the pod's port ${port}`, ...at, ...match, "-j", "DNAT", "--to-destination", target);
  }
}

/** What the plugin knows about the pod's network. */
export interface PortmapNetwork {
  /** Name of the conflist. */
  readonly network: string;
  /** Device towards the pod. */
  readonly device: string;
  /** The pod's addresses' subnets. */
  readonly subnets: PerFamily<string>;
}

/** Adds the pod's hostPorts to its node. */
export function addHostPorts(pod: PodModel, draft: NodeDraft, { network, device, subnets }: PortmapNetwork): void {
  const ports = pod.containers
    .flatMap((container) => container.ports)
    .filter((port): port is HostPort => port.hostPort !== undefined);
  const [first] = ports;
  if (first === undefined) return;
  for (const [family, address] of perFamily(pod.address)) {
    const subnet = subnets[family];
    if (subnet !== undefined) addFamily(pod, draft, ports, family, address, { network, subnet });
  }
  if (pod.address.ipv4 === undefined) return;
  const key = `net.ipv4.conf.${device}.route_localnet`;
  draft.addSysctlOnce(
    newSysctl({
      key,
      value: "1",
      cause: because(first.cause, "hostPort at 127.0.0.1: loopback addresses may leave through the bridge"),
    }),
  );
}
