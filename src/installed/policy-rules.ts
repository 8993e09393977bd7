/** What the rules that the nodes really have do with a packet that they forward: NetworkPolicies, and any other rules on the way. */
import type { AgentClient } from "../agent/client.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import type { PolicyHop, PolicyPath } from "../oracle/policy/policy-path.ts";
import { POLICY_CHAIN, POLICY_CHAIN_BEFORE, POLICY_TABLE } from "../resources/policy-names.ts";
import type { Family } from "../net/family.ts";
import type { IpSets } from "./ip-sets.ts";
import type { IptablesTables } from "./iptables-rules.ts";
import { passIptables } from "./iptables-walk.ts";
import type { NftTable } from "./nft-rules.ts";
import { passNft } from "./nft-walk.ts";
import { output, readIptables, readNftTable } from "./read-rules.ts";
import type { RulePacket, Ways } from "./way.ts";

export interface RulesVerdict {
  readonly allowed: boolean;
  /** `passed n1, n2`; `dropped on n1 by NP-IN-…: -m comment … -j DROP`. */
  readonly text: string;
}

interface NodeRules {
  readonly tables: IptablesTables;
  readonly sets: IpSets;
  readonly policy: NftTable | undefined;
}

async function readNode(
  client: AgentClient,
  ns: string,
  backend: ClusterModel["networkPolicy"]["backend"],
  family: Family,
): Promise<NodeRules | undefined> {
  const iptables = readIptables(client, ns, family);
  const policy = async (): Promise<NftTable | undefined> => {
    const tables = await output(client, ns, ["nft", "list", "tables", "inet"]);
    const exists = tables.split("\n").includes(`table inet ${POLICY_TABLE}`);
    return exists ? readNftTable(client, ns, "inet", POLICY_TABLE) : undefined;
  };
  try {
    const [read, nft] = await Promise.all([iptables, backend === "nftables" ? policy() : undefined]);
    return { ...read, policy: nft };
  } catch {
    // More rules than are read, or a missing tool: the effect of these rules is unknown.
    return undefined;
  }
}

/** Policies have a say in what the node sends or gets itself. */
function judgesAt(rules: NodeRules | undefined, hook: PolicyHop["hook"]): boolean {
  const chain = rules?.tables.get(hook === "prerouting" ? "mangle" : "filter")?.get(hook.toUpperCase());
  const isBase = [...(rules?.policy?.chains.values() ?? [])].some((one) => one.hook === hook);
  return (
    isBase || chain?.rules.some(({ target }) => target === POLICY_CHAIN || target === POLICY_CHAIN_BEFORE) === true
  );
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

  /** What was read before in the same `run` is not read again. */
  static async read(
    client: AgentClient,
    cluster: ClusterModel,
    nodes: readonly string[],
    family: Family,
    run?: bigint,
  ): Promise<PolicyRules> {
    const { backend } = cluster.networkPolicy;
    const known = run === undefined ? undefined : readsOf(client, run);
    const read = nodes.map(async (ns) => {
      const key = `${ns} ${family}`;
      const reading = known?.get(key) ?? readNode(client, ns, backend, family);
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
  judge({ egress, ingress, judgement }: PolicyPath): RulesVerdict | undefined {
    // No node sees a packet that does not leave its pod.
    if (judgement.egress.reason === "self") return { allowed: true, text: "none on its way" };
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

  #drop({ node, hook, isLocal, packet: { from, to, protocol, port } }: PolicyHop): string | undefined {
    const rules = this.#nodes.get(node);
    if (rules === undefined) return "unknown";
    const packet: RulePacket = {
      from: { kind: hook === "output" ? "node" : "pod", address: from.address },
      to: to.address,
      port,
      protocol,
      family: this.#family,
      localAddresses: isLocal === true ? [to.address] : [],
    };
    const all = [
      ...(rules.policy === undefined ? [] : [passNft(rules.policy, hook, packet)]),
      // What else stands in the way of what a node sends or gets itself is not asked.
      ...(rules.policy !== undefined && hook !== "forward"
        ? []
        : [passIptables(rules.tables, hook, packet, rules.sets)]),
    ];
    for (const ways of all) {
      if (ways.unread.some((rule) => rule.includes("NP-") || rules.policy !== undefined)) return "unknown";
      const drop = dropOf(ways);
      if (drop !== undefined) return drop;
    }
    return undefined;
  }
}
