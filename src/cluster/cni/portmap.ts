/** hostPort: what CNI's portmap plugin with its defaults makes on the node: mark bit 13, SNAT on. */
import { chainName, sandboxId } from "../../cni/names.ts";
import { containerRules, entryRules, markRule, masqueradeRules, PORTMAP_CHAINS } from "../../cni/portmap.ts";
import type { ContainerRule, PortMapping } from "../../cni/portmap.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Family, PerFamily } from "../../net/family.ts";
import { modelPrefix, perFamily } from "../../net/families.ts";
import { because, type Cause } from "../../cause.ts";
import { markMatch, type MarkClaim } from "../marks.ts";
import { newRule, newSysctl } from "../../fabric/specs.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";

export const PORTMAP_MARK: MarkClaim = { owner: "portmap", bits: 0x2000, use: "masquerade what a hostPort translated" };
const MARK = markMatch(PORTMAP_MARK);
const { dnat: DNAT, setMark: SET_MARK, masquerade: MASQUERADE } = PORTMAP_CHAINS;

interface HostPort extends PortMapping {
  readonly cause: Cause;
}

/** The chains that all pods of a node share; made for the first pod that needs them. */
function addShared(draft: NodeDraft, family: Family, cause: Cause): void {
  if (draft.rulesOf("portmap").some((rule) => rule.family === family && rule.chain === SET_MARK)) return;
  const why = because(cause, "hostPort: CNI's portmap plugin on this node");
  const local = ["-m", "addrtype", "--dst-type", "LOCAL", "-j", DNAT];
  const { entry, rule } = masqueradeRules(MARK);
  // The plugin prepends this jump, so it comes before the network plugin's.
  draft.addRules("portmap", [
    newRule(family, "nat", "POSTROUTING", [...entry, "-j", MASQUERADE], why, "after kube-proxy"),
    newRule(family, "nat", "PREROUTING", local, why),
    newRule(family, "nat", "OUTPUT", local, why),
    newRule(family, "nat", SET_MARK, markRule(MARK), why),
    newRule(family, "nat", MASQUERADE, rule, why),
  ]);
}

function reasonOf({ use, mapping }: ContainerRule): string {
  if (use === "hairpin") return "a pod of this node reaches itself through the hostPort";
  if (use === "localhost") return "the node reaches the hostPort at 127.0.0.1";
  return `hostPort ${mapping.hostPort} is the pod's port ${mapping.containerPort}`;
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
  const mappings = pod.containers.flatMap(({ ports }) =>
    ports.flatMap(({ hostPort, port: containerPort, ...rest }): HostPort[] =>
      hostPort === undefined ? [] : [{ ...rest, hostPort, containerPort }],
    ),
  );
  const [first] = mappings;
  if (first === undefined) return;
  const containerId = sandboxId(pod.ns);
  const chain = chainName(network, containerId, "DN-");
  for (const [family, address] of perFamily(pod.address)) {
    const subnet = subnets[family];
    if (subnet === undefined) continue;
    addShared(draft, family, pod.cause);
    const source = `${address}/${modelPrefix(subnet).length}`;
    const input = { network, containerId, family, address, source, mappings };
    const why = because(pod.cause, "hostPorts of the pod");
    draft.addRules("portmap", [
      ...entryRules(input).map((words) => newRule(family, "nat", DNAT, [...words, "-j", chain], why)),
      ...containerRules(input).map((rule) =>
        newRule(family, "nat", chain, rule.words, because(rule.mapping.cause, reasonOf(rule))),
      ),
    ]);
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
