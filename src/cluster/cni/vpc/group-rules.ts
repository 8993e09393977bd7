/**
 * Security groups at work: a VPC filters at each ENI, and remembers connections. Here the switch port of the ENI does that: br_netfilter
 * shows iptables what the switch forwards. Groups of an ENI add up; what comes back to what was allowed is allowed.
 */
import { because } from "../../../cause.ts";
import type { Cause } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { newRule, newSysctl } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { canonicalPrefix, familyOf, HOST_LENGTH, perFamily } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import type { SwitchPort } from "../plugin.ts";
import { branchPorts } from "./branch-ports.ts";
import { eniName } from "./eni.ts";
import type { EniModel } from "./eni.ts";
import type { VpcModel } from "./model.ts";
import { isGroup } from "./security-group.ts";
import type { GroupRule, SecurityGroup } from "./security-group.ts";

type Cluster = ClusterModel<VpcModel>;

const CALLS = { ipv4: "net.bridge.bridge-nf-call-iptables", ipv6: "net.bridge.bridge-nf-call-ip6tables" } as const;
const ICMP = { icmp: "icmp", icmpv6: "ipv6-icmp" } as const;
/** Router and neighbour discovery. */
const DISCOVERY = ["133", "134", "135", "136"];
const DIRECTIONS = {
  egress: { chain: "SG-OUT", port: "--physdev-in", peer: "-d", set: "dst" },
  ingress: { chain: "SG-IN", port: "--physdev-out", peer: "-s", set: "src" },
} as const;

const setName = (id: string, family: Family): string => `${id}-${family === "ipv6" ? 6 : 4}`;

/** An ENI's groups: those of its ENIConfig, else those of its node. */
export function groupsOf(
  { types, nodeGroups }: VpcModel,
  { node, device }: Pick<EniModel, "node" | "device">,
): readonly string[] {
  const own = device === 0 ? [] : (types[node]?.eniConfig?.groups ?? []);
  return own.length > 0 ? own : nodeGroups;
}

/** All addresses of ENIs with a group. */
function members(cni: VpcModel, id: string, family: Family): readonly string[] {
  const branches = cni.branches.flatMap(({ groups, address }) => (groups.includes(id) ? [`${address}/32`] : []));
  const enis = cni.enis
    .filter((eni) => groupsOf(cni, eni).includes(id))
    .flatMap(({ address, slots }) => [
      ...Object.values(address).map((one) => `${one}/${HOST_LENGTH[familyOf(one)]}`),
      ...slots,
    ]);
  const own = [...enis, ...branches].filter((one) => familyOf(one) === family).map(canonicalPrefix);
  // As ipset lists them.
  return [
    ...new Set(own.map((one) => (one.endsWith(`/${HOST_LENGTH[family]}`) ? (one.split("/")[0] ?? one) : one))),
  ].toSorted();
}

function trafficWords({ protocol, ports }: GroupRule): readonly string[] {
  if (protocol === undefined) return [];
  if (protocol === "icmp" || protocol === "icmpv6") return ["-p", ICMP[protocol]];
  return ["-p", protocol, ...(ports === undefined ? [] : ["-m", protocol, "--dport", [...new Set(ports)].join(":")])];
}

/** Undefined: the rule is of the other family. */
function wordsOf(rule: GroupRule, direction: keyof typeof DIRECTIONS, family: Family): readonly string[] | undefined {
  const { peer, set } = DIRECTIONS[direction];
  const { protocol } = rule;
  if (protocol === (family === "ipv6" ? "icmp" : "icmpv6")) return undefined;
  if (isGroup(rule.peer)) return ["-m", "set", "--match-set", setName(rule.peer, family), set, ...trafficWords(rule)];
  if (familyOf(rule.peer) !== family) return undefined;
  return [...(rule.peer.endsWith("/0") ? [] : [peer, canonicalPrefix(rule.peer)]), ...trafficWords(rule)];
}

/** What all ports of a switch share. */
function addShared({ cni }: Cluster, draft: NodeDraft, family: Family): void {
  const why = (reason: string): Cause => because(cni.cause, reason);
  const key = CALLS[family];
  if (draft.of("sysctl").some((one) => one.key === key)) return;
  draft.add(newSysctl({ key, value: "1", cause: why("security groups: iptables sees what the switch forwards") }));
  const accept = (words: readonly string[], reason: string): void =>
    draft.addRules("cni", [newRule(family, "filter", "FORWARD", [...words, "-j", "ACCEPT"], why(reason))]);
  accept(
    ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED"],
    "security groups are stateful: answers to what was allowed are allowed",
  );
  if (family === "ipv6")
    for (const type of DISCOVERY)
      accept(
        ["-p", "ipv6-icmp", "-m", "icmp6", "--icmpv6-type", type],
        "security groups are not asked about neighbour discovery",
      );
}

function addSet(cluster: Cluster, group: SecurityGroup, draft: NodeDraft, family: Family): void {
  const name = setName(group.id, family);
  if (draft.of("ipset").some((one) => one.name === name)) return;
  const cause = because(group.cause, `all addresses of ENIs with ${group.id}`);
  draft.add({ kind: "ipset", family, name, type: "hash:net", entries: members(cluster.cni, group.id, family), cause });
}

/** A port of the switch: an ENI. `groups`: its own. */
export function addPortFilter(
  cluster: Cluster,
  {
    onSwitch,
    port,
    groups,
    families,
  }: Omit<SwitchPort, "device"> & { readonly groups: readonly string[]; readonly families: readonly Family[] },
): void {
  const { securityGroups } = cluster.cni;
  const own = securityGroups.filter(({ id }) => groups.includes(id));
  if (own.length === 0) return;
  const [first] = own;
  for (const family of families) {
    addShared(cluster, onSwitch, family);
    for (const direction of ["egress", "ingress"] as const) {
      const { chain: prefix, port: physdev } = DIRECTIONS[direction];
      const chain = `${prefix}-${port}`;
      const add = (to: string, words: readonly string[], cause: Cause): void =>
        onSwitch.addRules("cni", [newRule(family, "filter", to, words, cause)]);
      const names = own.map(({ id }) => id).join(", ");
      const why = (reason: string): Cause => because(first?.cause ?? cluster.cni.cause, reason);
      add(
        "FORWARD",
        ["-m", "physdev", "--physdev-is-bridged", physdev, port, "-j", chain],
        why(`${direction} of ${port}: ${names}`),
      );
      for (const { id, [direction]: rules } of own)
        for (const rule of rules) {
          const words = wordsOf(rule, direction, family);
          if (words === undefined) continue;
          for (const group of securityGroups) if (group.id === rule.peer) addSet(cluster, group, onSwitch, family);
          add(chain, [...words, "-m", "comment", "--comment", id, "-j", "RETURN"], rule.cause);
        }
      const text = `${names}: no ${direction} rule allows it`;
      add(chain, ["-m", "comment", "--comment", text, "-j", "DROP"], why(text));
    }
  }
}

export function addSecurityGroups(cluster: Cluster, node: ClusterNode, ports: readonly SwitchPort[]): void {
  const { cni } = cluster;
  for (const { device, ...port } of ports) {
    const eni = cni.enis.find((one) => one.node === node.name && eniName(one) === device);
    if (eni === undefined) continue;
    const families = perFamily(node.address).map(([family]) => family);
    addPortFilter(cluster, { ...port, groups: groupsOf(cni, eni), families });
  }
  for (const { branch, ...port } of branchPorts(cluster, node, ports))
    addPortFilter(cluster, { ...port, groups: branch.groups, families: ["ipv4"] });
}
