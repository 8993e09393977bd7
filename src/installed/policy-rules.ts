/** What the rules that the nodes really have do with a packet that they forward: NetworkPolicies, and any other rules on the way. */
import type { AgentClient } from "../agent/client.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { PodDevices } from "../cluster/pod-devices.ts";
import type { PolicyHop, PolicyPath } from "../oracle/policy/policy-path.ts";
import { NFT_FAMILY } from "../resources/nft-table.ts";
import { JUDGING_CHAINS, JUDGING_TABLES } from "../resources/policy-names.ts";
import type { Family } from "../net/family.ts";
import type { HostPassage } from "../oracle/policy/host-verdict.ts";
import type { IpSets } from "./ip-sets.ts";
import type { IptablesTables } from "./iptables-rules.ts";
import { passPassage } from "./passage.ts";
import { IptablesWalk, passIptables } from "./iptables-walk.ts";
import type { NftTable } from "./nft-rules.ts";
import { NftWalk, passNft } from "./nft-walk.ts";
import { output, readIptables, readNftTable } from "./read-rules.ts";
import type { RulePacket, Ways } from "./way.ts";

export interface RulesVerdict {
  readonly allowed: boolean;
  /** `passed n1, n2`; `dropped on n1 by NP-IN-…: -m comment … -j DROP`. */
  readonly text: string;
}

interface NodeRules {
  readonly podDevices: PodDevices | undefined;
  readonly tables: IptablesTables;
  readonly sets: IpSets;
  readonly policy: readonly NftTable[];
}

async function readNode(
  client: AgentClient,
  ns: string,
  { cluster, podDevices }: { readonly cluster: ClusterModel; readonly podDevices: PodDevices | undefined },
  family: Family,
): Promise<NodeRules | undefined> {
  const { backend } = cluster.networkPolicy;
  const iptables = readIptables(client, ns, family);
  const policy = async (): Promise<readonly NftTable[]> => {
    const tables = await output(client, ns, ["nft", "list", "tables"]);
    const own = tables.split("\n").flatMap((line) => {
      const [, of = "", name = ""] = /^table (\S+) (\S+)$/.exec(line) ?? [];
      return JUDGING_TABLES.has(name) && (of === "inet" || of === NFT_FAMILY[family]) ? [{ of, name }] : [];
    });
    return Promise.all(own.map(({ of, name }) => readNftTable(client, ns, of, name)));
  };
  try {
    const [read, nft] = await Promise.all([iptables, backend === "nftables" ? policy() : []]);
    return { ...read, policy: nft, podDevices };
  } catch {
    // More rules than are read, or a missing tool: the effect of these rules is unknown.
    return undefined;
  }
}

/** Policies have a say in what the node sends or gets itself. */
function judgesAt(rules: NodeRules | undefined, hook: PolicyHop["hook"]): boolean {
  const chain = rules?.tables.get(hook === "prerouting" ? "mangle" : "filter")?.get(hook.toUpperCase());
  const isBase = (rules?.policy ?? []).some(
    ({ name, chains }) =>
      JUDGING_TABLES.get(name)?.hooks?.has(hook) !== false && [...chains.values()].some((one) => one.hook === hook),
  );
  return isBase || chain?.rules.some(({ target = "" }) => JUDGING_CHAINS.has(target)) === true;
}

function dropOf({ ways }: Ways): string | undefined {
  const ends = ways.map((way) => way.end.kind);
  if (ends.length === 0 || ends.some((kind) => kind !== "drop" && kind !== "reject")) return undefined;
  const step = ways[0]?.steps.at(-1);
  return step === undefined ? "a chain's policy" : `${step.chain}: ${step.rule}`;
}

interface Reads {
  readonly run: bigint;
  readonly byNode: Map<string, Promise<NodeRules | undefined>>;
}
const recent = new WeakMap<AgentClient, Reads>();

function readsOf(client: AgentClient, run: bigint): Reads["byNode"] {
  const known = recent.get(client);
  const reads = known?.run === run ? known : { run, byNode: new Map<string, Promise<NodeRules | undefined>>() };
  recent.set(client, reads);
  return reads.byNode;
}

/** The rules of some nodes in one family, read once and used often. */
export class PolicyRules {
  readonly #nodes: ReadonlyMap<string, NodeRules | undefined>;
  readonly #family: Family;

  private constructor(nodes: ReadonlyMap<string, NodeRules | undefined>, family: Family) {
    this.#nodes = nodes;
    this.#family = family;
  }

  /** What was read before in the same `run` is not read again. `devicesOf`: podDevicesOf(). */
  static async read(
    client: AgentClient,
    cluster: ClusterModel,
    nodes: readonly string[],
    family: Family,
    devicesOf: (cluster: ClusterModel, node: string) => PodDevices | undefined,
    run?: bigint,
  ): Promise<PolicyRules> {
    const known = run === undefined ? undefined : readsOf(client, run);
    const read = nodes.map(async (ns) => {
      const key = `${ns} ${family}`;
      const reading = known?.get(key) ?? readNode(client, ns, { cluster, podDevices: devicesOf(cluster, ns) }, family);
      known?.set(key, reading);
      return [ns, await reading] as const;
    });
    return new PolicyRules(new Map(await Promise.all(read)), family);
  }

  /** For several clusters. */
  static join(all: readonly PolicyRules[], family: Family): PolicyRules {
    return new PolicyRules(new Map(all.flatMap((one) => [...one.#nodes])), family);
  }

  /** Undefined: they could not be read, or not understood. */
  judge({ egress, ingress, judgement, passages }: PolicyPath): RulesVerdict | undefined {
    // No node sees a packet that does not leave its pod.
    if (judgement.egress.reason === "self") return { allowed: true, text: "none on its way" };
    if (passages !== undefined) return this.#judgePassages(passages);
    const same =
      egress !== undefined &&
      egress.node === ingress?.node &&
      egress.packet === ingress.packet &&
      egress.hook === ingress.hook;
    const hops = [egress, same ? undefined : ingress]
      .filter((hop) => hop !== undefined)
      .filter((hop) => hop.hook === "forward" || judgesAt(this.#nodes.get(hop.node), hop.hook));
    for (const hop of hops) {
      const drop = this.#drop(hop);
      if (drop === "unknown") return undefined;
      if (drop !== undefined) return { allowed: false, text: `dropped on ${hop.node} by ${drop}` };
    }
    return {
      allowed: true,
      text: hops.length === 0 ? "none on its way" : `passed ${hops.map((hop) => hop.node).join(" and ")}`,
    };
  }

  #judgePassages(passages: readonly HostPassage[]): RulesVerdict | undefined {
    for (const passage of passages) {
      const rules = this.#nodes.get(passage.node);
      if (rules === undefined) return undefined;
      const { tables, sets, policy, podDevices } = rules;
      const walkers = [
        (packet: RulePacket) => new IptablesWalk(tables, packet, sets),
        ...policy.map((table) => (packet: RulePacket) => new NftWalk(table, packet)),
      ];
      for (const walker of walkers) {
        const ways = passPassage(walker, podDevices, passage, this.#family);
        if (ways === undefined || ways.unread.some((rule) => rule.includes("cali-"))) return undefined;
        const drop = dropOf(ways);
        if (drop !== undefined) return { allowed: false, text: `dropped on ${passage.node} by ${drop}` };
      }
    }
    const nodes = [...new Set(passages.map(({ node }) => node))];
    return { allowed: true, text: nodes.length === 0 ? "none on its way" : `passed ${nodes.join(" and ")}` };
  }

  #drop({ node, hook, isLocal, packet: { from, to, protocol, port } }: PolicyHop): string | undefined {
    const rules = this.#nodes.get(node);
    if (rules === undefined || protocol === "ICMP") return "unknown";
    const packet: RulePacket = {
      from: { kind: hook === "output" ? "node" : "pod", address: from.address },
      to: to.address,
      port,
      protocol,
      family: this.#family,
      localAddresses: isLocal === true ? [to.address] : [],
      podDevices: rules.podDevices,
    };
    const all = [
      ...rules.policy.map((table) => passNft(table, hook, packet)),
      // What else stands in the way of what a node sends or gets itself is not asked.
      ...(rules.policy.length > 0 && hook !== "forward" ? [] : [passIptables(rules.tables, hook, packet, rules.sets)]),
    ];
    for (const ways of all) {
      if (ways.unread.some((rule) => /NP-|cali-|-A KUBE-(?:NWPLCY|POD-FW)-/.test(rule) || rules.policy.length > 0))
        return "unknown";
      const drop = dropOf(ways);
      if (drop !== undefined) return drop;
    }
    return undefined;
  }
}
