/** A node's policies: which of its endpoints have which in which table, the chains and sets that these need. */
import { isCalicoPolicy, policyKey } from "../../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { AnyPolicy } from "../../../kube/cluster-network-policy/cluster-network-policy.ts";
import { normalSelector } from "../../../kube/calico/selector-text.ts";
import type { Family } from "../../../net/family.ts";
import { tierOf } from "../../policy/calico-order.ts";
import type { PolicyWorld } from "../../policy/policy-world.ts";
import type { Direction, PodTier } from "../../policy/tiers.ts";
import { CalicoRules } from "./calico-rules.ts";
import { isInlined, policyGroupChain } from "./felix/endpoint-chains.ts";
import type { GroupPolicy, PolicyGroup, TierGroups } from "./felix/endpoint-chains.ts";
import { policyChainRules, policyRule } from "./felix/policy-rules.ts";
import type { VerdictWords } from "./felix/policy-rules.ts";
import type { FelixChain } from "./felix/rule.ts";
import type { FelixTable } from "./felix/tables.ts";
import { KubeRules } from "./kube-rules.ts";
import type { CalicoModel } from "./model.ts";
import { CHAIN_NAMES, NFLOG, nflogPrefix, policyChain, policyText, shortKind } from "./names.ts";
import type { PolicyId, Side } from "./names.ts";
import { subjectText } from "./selector-text.ts";
import type { IdentifiedSet } from "./set-ids.ts";
import { VERSION_FACTS } from "./versions.ts";

export const SIDES = { ingress: "i", egress: "o" } as const satisfies Record<Direction, Side>;

/** Tiers of Kubernetes' policies as Calico calls them. */
const TIER_NAMES: Readonly<Record<string, string>> = {
  Admin: "kube-admin",
  NetworkPolicy: "default",
  Baseline: "kube-baseline",
};

function idOf(policy: AnyPolicy): PolicyId {
  if (isCalicoPolicy(policy)) {
    const kind = policy.kind === "GlobalNetworkPolicy" ? policy.kind : "NetworkPolicy";
    return { kind, name: policy.name, namespace: policy.namespace };
  }
  const kind = `Kubernetes${policy.kind}` as const;
  return policy.kind === "NetworkPolicy"
    ? { kind, name: policy.name, namespace: policy.namespace }
    : { kind, name: policy.name };
}

function selectorOf(policy: AnyPolicy): string {
  if (isCalicoPolicy(policy)) return normalSelector(policy.selector);
  return policy.kind === "NetworkPolicy" ? subjectText(policy.namespace, policy.podSelector) : policyKey(policy);
}

/** By their names, as policies of one order come. */
function byName(a: AnyPolicy, b: AnyPolicy): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : policyKey(a) < policyKey(b) ? -1 : 1;
}

interface Used {
  readonly policy: AnyPolicy;
  readonly direction: Direction;
}

/** What endpoints of one table use. */
interface TableUse {
  readonly policies: Map<string, Used>;
  readonly groups: Map<string, readonly [Side, PolicyGroup]>;
}

export interface PolicyTableChain extends FelixChain {
  /** Absent: of several policies. */
  readonly policy?: AnyPolicy | undefined;
}

export class NodePolicies {
  readonly #version: CalicoModel["version"];
  readonly #maxChainName: number;
  readonly #kube: KubeRules;
  readonly #calico: CalicoRules;
  readonly #uses = new Map<FelixTable, TableUse>();

  constructor(world: PolicyWorld, { version, linuxDataplane }: Pick<CalicoModel, "version" | "linuxDataplane">) {
    this.#version = version;
    this.#maxChainName = CHAIN_NAMES[linuxDataplane];
    this.#kube = new KubeRules(world);
    this.#calico = new CalicoRules(world);
  }

  /** An endpoint's tiers in a direction as its chain in `table` has them. */
  groups(tiers: readonly PodTier[], direction: Direction, table: FelixTable = "filter"): readonly TierGroups[] {
    const use = this.#use(table);
    return tiers.map(({ tier, policies, otherwise }) => {
      // Kubernetes' own have one order; their tier does not sort them.
      const ordered = tier === "NetworkPolicy" ? policies.toSorted(byName) : policies;
      const groups: { selector: string; policies: GroupPolicy[] }[] = [];
      for (const policy of ordered) {
        const id = idOf(policy);
        const selector = selectorOf(policy);
        const named = { ...id, text: this.#textOf(id, policy) };
        const last = groups.at(-1);
        if (last?.selector === selector) last.policies.push(named);
        else groups.push({ selector, policies: [named] });
        use.policies.set(policyChain(SIDES[direction], named.text, this.#maxChainName), { policy, direction });
      }
      for (const group of groups)
        if (!isInlined(group))
          use.groups.set(`${SIDES[direction]} ${JSON.stringify(group)}`, [SIDES[direction], group]);
      return { name: TIER_NAMES[tier] ?? tier, defaultAction: otherwise === "deny" ? "Deny" : "Pass", groups };
    });
  }

  /** Chains of the groups and policies that a table's endpoints were asked about so far. */
  chains(
    table: FelixTable,
    family: Family,
    how: VerdictWords & { readonly flowLogs: boolean },
  ): readonly PolicyTableChain[] {
    const { groups, policies } = this.#use(table);
    return [
      ...[...groups.values()].map(([side, group]) =>
        policyGroupChain(side, group, { ...how, maxChainName: this.#maxChainName }),
      ),
      ...[...policies].map(([name, { policy, direction }]) => {
        const all = isCalicoPolicy(policy)
          ? this.#calico.rules(policy, direction)
          : this.#kube.rules(policy, direction);
        const rules = all.flatMap((one, i) =>
          policyRule(one, family, { ...how, ...this.#nflog(how, policy, direction, i) }),
        );
        return { name, policy, rules: policyChainRules(rules, this.#comment(policy, direction)) };
      }),
    ];
  }

  /** Sets of the chains that were made so far. */
  get sets(): readonly IdentifiedSet[] {
    return [...new Map([...this.#kube.sets, ...this.#calico.sets].map((set) => [set.id, set])).values()];
  }

  #use(table: FelixTable): TableUse {
    let use = this.#uses.get(table);
    if (use === undefined) this.#uses.set(table, (use = { policies: new Map(), groups: new Map() }));
    return use;
  }

  /** What is asked before connection tracking is not logged: it may be much. */
  #nflog(
    { flowLogs }: { readonly flowLogs: boolean },
    policy: AnyPolicy,
    direction: Direction,
    rule: number,
  ): Pick<VerdictWords, "nflog"> {
    if (!flowLogs || (isCalicoPolicy(policy) && policy.stage === "untracked")) return {};
    const { letter, group } = NFLOG[SIDES[direction]];
    const text = this.#textOf(idOf(policy), policy);
    return { nflog: (verdict) => ({ group, prefix: nflogPrefix(verdict, "P", letter, rule, text) }) };
  }

  #comment(policy: AnyPolicy, direction: Direction): string {
    const { kind, namespace, name } = idOf(policy);
    if (!VERSION_FACTS[this.#version].kindInPolicyNames)
      return `Policy ${this.#textOf(idOf(policy), policy)} ${direction}`;
    return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`} ${direction}`;
  }

  #textOf(id: PolicyId, policy: AnyPolicy): string {
    if (VERSION_FACTS[this.#version].kindInPolicyNames) return policyText(id);
    if (isCalicoPolicy(policy)) {
      const tier = `${tierOf(policy)}.`;
      const name = id.name.startsWith(tier) ? id.name : `${tier}${id.name}`;
      return id.namespace === undefined ? name : `${id.namespace}/${name}`;
    }
    const kind = shortKind(id.kind);
    return id.namespace === undefined ? `${kind}.${id.name}` : `${id.namespace}/${kind}.default.${id.name}`;
  }
}
