/**
 * kube-router's firewall on a node, its rules in the order that they have in the kernel (pkg/controllers/netpol/{npc_iptables,pod}.go):
 * from INPUT, FORWARD and OUTPUT into a chain per pod of the node, and from there into those of the policies that select it.
 */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import type { NodeDraft } from "../../../../fabric/node-draft.ts";
import type { RulePosition } from "../../../../fabric/rule-order.ts";
import { newRule } from "../../../../fabric/specs.ts";
import type { ClusterNode } from "../../../../kube/node/cluster-node.ts";
import { perObject } from "../../../../memo.ts";
import type { Family } from "../../../../net/family.ts";
import { canonicalPrefix, familyOf, perFamily } from "../../../../net/families.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { PolicyWorld } from "../../../policy/policy-world.ts";
import type { KubeRouterModel } from "../model.ts";
import { positionedComment, setName } from "../names.ts";
import { routerSet } from "../router-set.ts";
import { comment } from "./comments.ts";
import { ICMP } from "./icmp.ts";
import { POD_MARK, POLICY_MARK } from "./marks.ts";
import { COMMON, DEFAULT, localPods, podRules } from "./pod-chains.ts";
import type { LocalPod } from "./pod-chains.ts";
import { policyChains } from "./policy-chains.ts";
import { routerPolicies } from "./policies.ts";

type Cluster = ClusterModel<KubeRouterModel>;

const TAIL = "KUBE-NWPLCY-TAIL";
const ENTRANCES = { INPUT: "KUBE-ROUTER-INPUT", FORWARD: "KUBE-ROUTER-FORWARD", OUTPUT: "KUBE-ROUTER-OUTPUT" } as const;
const LOCAL_PODS = "kube-router-local-pods";
/** --service-node-port-range. */
const NODE_PORTS = "30000:32767";

/** One family of a node's table filter. */
class Firewall {
  readonly #on: { readonly cluster: Cluster; readonly family: Family; readonly draft: NodeDraft };

  constructor(cluster: Cluster, family: Family, draft: NodeDraft) {
    this.#on = { cluster, family, draft };
  }

  add(chain: string, words: readonly string[], reason: string, cause?: Cause, position?: RulePosition): void {
    const why = cause ?? because(this.#on.cluster.cni.cause, `kube-router: ${reason}`);
    this.#on.draft.addRules("policy", [newRule(this.#on.family, "filter", chain, words, why, position)]);
  }

  entrances(): void {
    for (const [from, to] of Object.entries(ENTRANCES)) {
      const words = (text: string): readonly string[] => [...comment(text), "-j", to];
      const text = "kube-router netpol";
      this.add(
        from,
        words(positionedComment(from, words(text), text)),
        "policies before anything else",
        undefined,
        "first",
      );
    }
  }

  /** What goes to Services is judged where IPVS, or kube-proxy, has translated it. */
  #spareServices(): void {
    const spare = (text: string, words: (text: string) => readonly string[], reason: string): void =>
      this.add(ENTRANCES.INPUT, words(positionedComment(ENTRANCES.INPUT, words(text), text)), reason);
    const services = this.#on.cluster.serviceCIDR[this.#on.family];
    if (services !== undefined)
      spare(
        "allow traffic to primary/secondary cluster IP range",
        (text) => [...comment(text), "-d", canonicalPrefix(services), "-j", "RETURN"],
        "cluster IPs, before they are translated",
      );
    for (const protocol of ["tcp", "udp", "sctp"])
      spare(
        `allow LOCAL ${protocol.toUpperCase()} traffic to node ports`,
        (text) => [
          "-p",
          protocol,
          ...comment(text),
          "-m",
          "addrtype",
          "--dst-type",
          "LOCAL",
          "-m",
          "multiport",
          "--dports",
          NODE_PORTS,
          "-j",
          "RETURN",
        ],
        "node ports, before they are translated",
      );
    const { externalIPs, loadBalancerIPs } = this.#on.cluster.cni.serviceRanges;
    for (const [what, ranges] of [
      ["external IP", externalIPs],
      ["load balancer IP", loadBalancerIPs],
    ] as const)
      for (const range of ranges.filter((one) => familyOf(one) === this.#on.family))
        spare(
          `allow traffic to ${what} range: ${range}`,
          (text) => [...comment(text), "-d", range, "-j", "RETURN"],
          "addresses of Services, before they are translated",
        );
  }

  pods(pods: readonly LocalPod[]): void {
    this.#spareServices();
    for (const pod of pods) for (const { chain, words, reason, cause } of podRules(pod, this.#on.family, ENTRANCES)) this.add(chain, words, reason, cause); // prettier-ignore
    for (const chain of Object.values(ENTRANCES)) {
      const text = "rule to explicitly handle traffic for network policies ACCEPT/REJECT decision";
      this.add(chain, [...comment(text), "-j", TAIL], "after the chains of pods");
      const accept = [...comment("rule to explicitly ACCEPT traffic that comply to network policies")];
      this.add(
        chain,
        [...accept, "-m", "mark", "--mark", POD_MARK, "-j", "ACCEPT"],
        "what all chains of pods let pass",
      );
    }
  }

  shared(): void {
    const mark = "rule to mark traffic matching a network policy";
    this.add(
      DEFAULT,
      ["-j", "MARK", ...comment(mark), "--set-xmark", POLICY_MARK],
      "no policy for this direction: open",
    );
    const state = (text: string, states: string, target: string): void =>
      this.add(COMMON, [...comment(text), "-m", "conntrack", "--ctstate", states, "-j", target], text);
    state("rule to drop invalid state for pod", "INVALID", "DROP");
    state("rule for stateful firewall for pod", "RELATED,ESTABLISHED", "ACCEPT");
    const { protocol, option, types } = ICMP[this.#on.family];
    for (const [type, text] of types)
      this.add(
        COMMON,
        [...comment(text), "-p", protocol, option, type, "-j", "ACCEPT"],
        `${text}, whatever policies say`,
      );
  }

  /** `range`: of the node's pods. */
  tail(range: string | undefined, pods: readonly LocalPod[]): void {
    const denying = this.#on.cluster.cni.defaultDeny ? range : undefined;
    const reject = (words: readonly string[], reason: string): void =>
      this.add(TAIL, [...words, "-j", "REJECT"], reason);
    if (denying !== undefined) {
      const why = because(this.#on.cluster.cni.cause, "pods that have their chains");
      const addresses = pods.flatMap(({ address }) => address[this.#on.family] ?? []);
      this.#on.draft.add(
        routerSet("policy", setName(LOCAL_PODS, this.#on.family), this.#on.family, "hash:ip", addresses, why),
      );
      const text = comment("reject unprogrammed local pod (default-deny)");
      for (const [option, side] of [
        ["-s", "src"],
        ["-d", "dst"],
      ] as const)
        // prettier-ignore
        reject(
          [option, denying, ...text, "-m", "set", "!", "--match-set", setName(LOCAL_PODS, this.#on.family), side],
          "a pod without chains yet",
        );
    }
    this.add(
      TAIL,
      [...comment("accept netpol-ok"), "-m", "mark", "--mark", POD_MARK, "-j", "ACCEPT"],
      "what all chains of pods let pass",
    );
    for (const option of denying === undefined ? [] : ["-s", "-d"])
      reject([option, denying ?? "", ...comment("reject pre-netpol (default-deny)")], "a pod that no chain knows");
  }
}

/** The same on every node. */
const chainsOf = perObject((world: PolicyWorld) => ({
  ipv4: routerPolicies(world).map((policy) => policyChains(policy, "ipv4")),
  ipv6: routerPolicies(world).map((policy) => policyChains(policy, "ipv6")),
}));

export function addFirewall(cluster: Cluster, node: ClusterNode, draft: NodeDraft, world: PolicyWorld): void {
  const pods = localPods(world, cluster.pods, node);
  for (const [family] of perFamily(cluster.podCIDR)) {
    const firewall = new Firewall(cluster, family, draft);
    firewall.entrances();
    firewall.pods(pods);
    firewall.shared();
    const range = node.podCIDR[family];
    firewall.tail(range === undefined ? undefined : canonicalPrefix(range), pods);
    for (const { rules, sets } of chainsOf(world)[family]) {
      draft.addRules("policy", rules);
      draft.addAll(sets);
    }
  }
}
