/** A policy's chain and sets, the same on every node (pkg/controllers/netpol/policy.go: processIngressRules, processEgressRules). */
import { because } from "../../../../cause.ts";
import type { Cause } from "../../../../cause.ts";
import type { TopologyIptables } from "../../../../fabric/topology-rule.ts";
import { newRule } from "../../../../fabric/specs.ts";
import type { Spec } from "../../../../fabric/topology.ts";
import type { Family } from "../../../../net/family.ts";
import { familyOf } from "../../../../net/families.ts";
import type { WorldPod } from "../../../policy/policy-world.ts";
import { policyChain, policySet } from "../names.ts";
import { routerSet } from "../router-set.ts";
import { comment, commentOf } from "./comments.ts";
import { POLICY_MARK } from "./marks.ts";
import type { RouterPolicy, RouterPort, RouterRule } from "./policies.ts";

/** The names of the sets that both ends must be in; empty: any. */
export interface Ends {
  readonly src: string;
  readonly dst: string;
}

/** Marks what matches, and leaves the chain with it. */
export function passingWords(
  text: string,
  { src, dst }: Ends,
  { protocol, port, end }: RouterPort,
): readonly string[][] {
  const match = [
    ...comment(text),
    ...(src === "" ? [] : ["-m", "set", "--match-set", src, "src"]),
    ...(dst === "" ? [] : ["-m", "set", "--match-set", dst, "dst"]),
    ...(protocol === "" ? [] : ["-p", protocol]),
    ...(port === "" ? [] : ["--dport", end === "" ? port : `${port}:${end}`]),
  ];
  return [
    [...match, "-j", "MARK", "--set-xmark", POLICY_MARK],
    [...match, "-m", "mark", "--mark", POLICY_MARK, "-j", "RETURN"],
  ];
}

const ANY_PORT: RouterPort = { protocol: "", port: "", end: "" };

/** The two directions differ in which end the policy's own pods are at. */
const SIDES = {
  ingress: { own: "DST", peer: "SRC", rule: "ingressrule" },
  egress: { own: "SRC", peer: "DST", rule: "egressrule" },
} as const;

type Direction = keyof typeof SIDES;

class PolicyDraft {
  readonly rules: TopologyIptables[] = [];
  readonly sets: Spec<"ipset">[] = [];
  readonly #policy: RouterPolicy;
  readonly #family: Family;
  readonly #chain: string;

  constructor(policy: RouterPolicy, family: Family) {
    this.#policy = policy;
    this.#family = family;
    this.#chain = policyChain(policy, family);
    // The chain is there even if the policy lets nothing through.
    this.rules.push(newRule(family, "filter", this.#chain, [], policy.cause));
  }

  direction(direction: Direction): void {
    const { pods, cause } = this.#policy;
    const own = this.#pods(SIDES[direction].own, undefined, pods, because(cause, "pods that the policy selects"));
    for (const [index, rule] of this.#policy[direction].entries()) this.#rule(direction, rule, index, own);
  }

  #rule(direction: Direction, rule: RouterRule, index: number, own: string): void {
    const { peer: side, rule: word } = SIDES[direction];
    const part = (what: string) => (family: string) => `${word}${index}${family}${what}`;
    const let_ = (kind: string, peer: string, port: RouterPort, target = own): void => {
      const ends = direction === "ingress" ? { src: peer, dst: target } : { src: target, dst: peer };
      for (const words of passingWords(commentOf(this.#policy, `${direction} ${kind}`), ends, port))
        this.rules.push(newRule(this.#family, "filter", this.#chain, words, rule.cause));
    };
    /** A name's numbers, with the pods that have it: they are the destination, whichever end that is. */
    const named = (kind: string, peer: string): void => {
      for (const [at, port] of rule.named.entries()) {
        const why = because(rule.cause, "pods whose port has the name");
        const name = (family: string): string => `${word}${index}${at}${family}namedport`;
        const set = this.#pods("DST", name, port.pods, why);
        if (direction === "ingress") let_(`${kind} np`, peer, port, set);
        else let_(`${kind} np`, set, port);
      }
    };
    if (rule.pods.length > 0) {
      const peers = this.#pods(side, part("pod"), rule.pods, because(rule.cause, "pods that the rule names"));
      for (const port of rule.ports) let_("pods", peers, port);
      named("pods", peers);
      // Also where a name means no port: kube-router takes the rule for one without ports.
      if (rule.ports.length === 0 && rule.named.length === 0) let_("pods", peers, ANY_PORT);
    }
    if (rule.anyPeer) {
      for (const port of rule.ports) let_("any", "", port);
      if (direction === "ingress") named("any", "");
      // By number alone, at any address.
      else for (const port of rule.named) let_("any np", "", port);
      if (rule.anyPort) let_("any", "", ANY_PORT);
    }
    if (rule.blocks[this.#family].length > 0) {
      const why = because(rule.cause, "addresses that the rule names");
      const blocks = this.#set(side, part("ipblock"), "hash:net", rule.blocks[this.#family], why);
      for (const port of rule.ports) let_("cidr", blocks, port);
      // In egress a name means nothing beside blocks.
      if (direction === "ingress") named("cidr", blocks);
      if (rule.anyPort) let_("cidr", blocks, ANY_PORT);
    }
  }

  #pods(side: "SRC" | "DST", part: ((family: string) => string) | undefined, pods: readonly WorldPod[], cause: Cause) {
    const addresses = pods.flatMap((pod) => pod.addresses.filter((one) => familyOf(one) === this.#family));
    return this.#set(side, part, "hash:ip", addresses, cause);
  }

  #set(
    side: "SRC" | "DST",
    part: ((family: string) => string) | undefined,
    type: Spec<"ipset">["type"],
    entries: readonly string[],
    cause: Cause,
  ): string {
    const name = policySet(side, this.#policy, this.#family, part);
    if (!this.sets.some((one) => one.name === name))
      this.sets.push(routerSet("policy", name, this.#family, type, entries, cause));
    return name;
  }
}

export interface PolicyChains {
  readonly rules: readonly TopologyIptables[];
  readonly sets: readonly Spec<"ipset">[];
}

export function policyChains(policy: RouterPolicy, family: Family): PolicyChains {
  const draft = new PolicyDraft(policy, family);
  if (policy.type !== "egress") draft.direction("ingress");
  if (policy.type !== "ingress") draft.direction("egress");
  return draft;
}
