/** What Felix writes into a node's tables and sets: its static chains, the chains of the node's pods, and natOutgoing. */
import type { IpPoolModel } from "../../../kube/ip-pool/ip-pool.ts";
import type { Cause } from "../../../cause.ts";
import { because } from "../../../cause.ts";
import { modelPrefix } from "../../../net/families.ts";
import type { Family } from "../../../net/family.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import { SERVICE_DEVICE } from "../../../resources/policy-names.ts";
import type { ClusterModel } from "../../cluster.ts";
import { prefixEntry, splitWhole } from "../../policy/prefixes.ts";
import { tunnelAddress, tunnelsOf, VXLAN_PORT } from "./encapsulation.ts";
import { FAILSAFE_IN, FAILSAFE_OUT } from "../../../kube/calico/failsafe-ports.ts";
import type { FelixConfig } from "./felix/config.ts";
import { endpointMarkChains } from "./felix/dispatch-chains.ts";
import { endpointMarkChain, endpointMarks } from "./felix/endpoint-marks.ts";
import { natOutgoingChain, natOutputChain, natPostroutingChain, natPreroutingChain } from "./felix/nat-chains.ts";
import { iptablesTables } from "./felix/iptables.ts";
import { nftablesTables } from "./felix/nftables.ts";
import { jump, rule } from "./felix/rule.ts";
import type { FelixChain } from "./felix/rule.ts";
import {
  forwardChain,
  forwardCheckChain,
  forwardEnd,
  forwardEndpointMarkChain,
  inputChain,
  manglePostroutingChain,
  manglePreroutingChain,
  outputChain,
  rawOutputChain,
  rawPreroutingChain,
  workloadToHostChain,
} from "./felix/static-chains.ts";
import type { FelixTable, FelixTables } from "./felix/tables.ts";
import { felixMarks } from "./marks.ts";
import type { CalicoModel, Dataplane } from "./model.ts";
import { CHAIN_NAMES, setName } from "./names.ts";
import { VERSION_FACTS } from "./versions.ts";

type Cluster = ClusterModel<CalicoModel>;

export function felixConfig(cluster: Cluster, node: ClusterNode, draft: NodeDraft, family: Family): FelixConfig {
  const { cni } = cluster;
  const own = tunnelsOf(cni.pools).filter((tunnel) => tunnel.family === family);
  const { nftables, dscp } = VERSION_FACTS[cni.version];
  return {
    marks: felixMarks(cni),
    ipip: own.some(({ mode }) => mode === "ipip"),
    vxlan: own.some(({ mode }) => mode === "vxlan"),
    vxlanPort: VXLAN_PORT,
    tunnels: own.map(({ device }) => device).filter((one) => tunnelAddress(cluster, node, one) !== undefined),
    ipvs: draft.of("dummy").some(({ name }) => name === SERVICE_DEVICE),
    allow: "ACCEPT",
    mangleAllow: "ACCEPT",
    deny: "DROP",
    endpointToHost: "ACCEPT",
    failsafeIn: FAILSAFE_IN,
    failsafeOut: FAILSAFE_OUT,
    maxChainName: CHAIN_NAMES[cni.linuxDataplane],
    verdictMaps: cni.linuxDataplane === "Nftables" && nftables?.maps === true,
    flowLogs: cni.flowLogs,
    dscp,
  };
}

/** What Felix writes its rules with. */
export function felixTables(
  { version, linuxDataplane }: Pick<CalicoModel, "version" | "linuxDataplane">,
  family: Family,
  draft: NodeDraft,
): FelixTables {
  const tables: Readonly<Record<Dataplane, () => FelixTables>> = {
    Iptables: () => iptablesTables(family, draft),
    Nftables: () => nftablesTables(family, draft, VERSION_FACTS[version].nftables?.maps !== true),
  };
  return tables[linuxDataplane]();
}

/** Chains that are there empty until something needs them: floating IPs, DSCP. */
const empty = (...names: readonly string[]): readonly FelixChain[] => names.map((name) => ({ name, rules: [] }));

interface ChainOf {
  readonly table: FelixTable;
  /** The kernel's chain. */
  readonly from: string;
  readonly chain: FelixChain;
  readonly why: string;
  /** nat's POSTROUTING is appended to, so that kube-proxy and others come first. */
  readonly place?: "last";
}

/** Felix' way into each of the kernel's chains. */
function entrances({ cni }: Cluster, config: FelixConfig, family: Family): readonly ChainOf[] {
  const nat = { ...config, masqueradePorts: VERSION_FACTS[cni.version].masqueradePorts };
  return [
    {
      table: "raw",
      from: "PREROUTING",
      chain: rawPreroutingChain(config),
      why: "source check; tunnels are not tracked",
    },
    {
      table: "raw",
      from: "OUTPUT",
      chain: rawOutputChain(config),
      why: "what the node sends: tunnels are not tracked",
    },
    {
      table: "mangle",
      from: "PREROUTING",
      chain: manglePreroutingChain(config),
      why: "policies of host endpoints before NAT",
    },
    {
      table: "mangle",
      from: "POSTROUTING",
      chain: manglePostroutingChain(config, family),
      why: "policies of host endpoints behind Services",
    },
    { table: "nat", from: "PREROUTING", chain: natPreroutingChain, why: "floating IPs" },
    { table: "nat", from: "OUTPUT", chain: natOutputChain, why: "floating IPs, of what the node sends" },
    {
      table: "nat",
      from: "POSTROUTING",
      chain: natPostroutingChain(nat),
      why: "natOutgoing, and the node's own address in tunnels",
      place: "last",
    },
    {
      table: "filter",
      from: "INPUT",
      chain: inputChain(config, family),
      why: "what comes to the node: tunnels, and pods' packets",
    },
    { table: "filter", from: "FORWARD", chain: forwardChain(config), why: "what the node forwards: policies of pods" },
    { table: "filter", from: "OUTPUT", chain: outputChain(config, family), why: "what the node sends itself" },
  ];
}

function ipvsChains(
  devices: readonly string[],
  hosts: readonly string[],
  config: FelixConfig,
  family: Family,
): readonly FelixChain[] {
  if (!config.ipvs) return [];
  const marks = endpointMarks([...devices, ...hosts].toSorted(), config.marks);
  return [
    forwardCheckChain(family),
    forwardEndpointMarkChain(config),
    ...endpointMarkChains(devices, hosts, marks, config),
    ...[...devices, ...hosts].map((device) => endpointMarkChain(device, marks, config.marks)),
  ];
}

/** Everything but what depends on policies. `devices`: of the node's pods; `hosts`: those that have host endpoints. */
export function addStaticChains(
  cluster: Cluster,
  config: FelixConfig,
  family: Family,
  devices: readonly string[],
  hosts: readonly string[],
  tables: FelixTables,
): void {
  const { cni } = cluster;
  const why = (reason: string): Cause => because(cni.cause, `Felix: ${reason}`);
  const add = (table: FelixTable, chain: FelixChain, reason: string): void => tables.add(table, chain, why(reason));
  for (const { table, from, chain, why: reason, place } of entrances(cluster, config, family)) {
    tables.enter(table, from, [rule([], jump(chain.name))], why(reason), place ?? "first");
    add(table, chain, reason);
  }
  tables.enter("filter", "FORWARD", forwardEnd(config), why("packets that policies allow"), "last");
  add("filter", workloadToHostChain(config, family), "what pods send to their own node");
  for (const chain of ipvsChains(devices, hosts, config, family))
    add("filter", chain, "which pod a packet to a Service is from");
  const natActive = cni.pools.some((pool) => pool.family === family && pool.natOutgoing);
  const { poolsSet } = VERSION_FACTS[cni.version];
  add("nat", natOutgoingChain(natActive, { poolsSet }, family), "what leaves the pools gets the node's address");
  const emptyChains: Readonly<Record<FelixTable, readonly string[]>> = {
    raw: ["cali-rpf-skip"],
    mangle: config.dscp ? ["cali-egress-dscp"] : [],
    nat: ["cali-fip-dnat", "cali-fip-snat"],
    filter: ["cali-cidr-block"],
  };
  for (const [table, names] of Object.entries(emptyChains) as [FelixTable, readonly string[]][])
    for (const chain of empty(...names)) add(table, chain, "empty: nothing here needs it");
}

interface NodeSet {
  readonly id: string;
  readonly type?: "hash:ip";
  readonly entries: readonly string[];
  readonly text: string;
}

const cidrs = (pools: readonly IpPoolModel[]): readonly string[] =>
  splitWhole(pools.map(({ cidr }) => modelPrefix(cidr))).map(prefixEntry);

/** The sets that Felix' static chains ask. */
function nodeSets(cluster: Cluster, node: ClusterNode, family: Family): readonly NodeSet[] {
  const { cni, nodes } = cluster;
  const pools = cni.pools.filter((pool) => pool.family === family);
  const own = tunnelsOf(pools);
  const { poolsSet, dscp } = VERSION_FACTS[cni.version];
  const hosts = nodes.flatMap(({ address }) => address[family] ?? []);
  const mine = [
    ...[node.address[family] ?? []].flat(),
    ...own.flatMap(({ device }) => tunnelAddress(cluster, node, device) ?? []),
    family === "ipv4" ? "127.0.0.1" : "::1",
  ];
  return [
    { id: "masq-ipam-pools", entries: cidrs(pools.filter((pool) => pool.natOutgoing)), text: "pools with natOutgoing" },
    { id: poolsSet, entries: cidrs(pools), text: "all pools" },
    { id: "all-hosts-net", entries: hosts, text: "addresses of all nodes" },
    { id: "this-host", type: "hash:ip", entries: mine, text: "addresses of this node" },
    ...(dscp ? [{ id: "dscp-src-net", entries: [], text: "pods whose packets get a DSCP" }] : []),
    ...(own.some(({ mode }) => mode === "vxlan")
      ? [
          {
            id: "all-vxlan-net",
            entries: nodes.filter(({ name }) => name !== node.name).flatMap(({ address }) => address[family] ?? []),
            text: "nodes that VXLAN packets may come from",
          },
        ]
      : []),
  ];
}

export function addNodeSets(cluster: Cluster, node: ClusterNode, family: Family, tables: FelixTables): void {
  for (const { id, type = "hash:net", entries, text } of nodeSets(cluster, node, family))
    tables.addSet({
      name: setName(id, family),
      type,
      entries: [...new Set(entries)].toSorted(),
      cause: because(cluster.cni.cause, `Felix: ${text}`),
    });
}
