/** The part of kube-proxy's iptables rules that is there with and without Services: jumps, marks, masquerading, forwarding. */
import { MASQUERADE_MARK } from "../marks.ts";
import { markMatch, markText } from "../../marks.ts";
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { RulePosition } from "../../../fabric/rule-order.ts";
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import { append } from "../../../append.ts";
import type { ProxyEndpoint } from "../endpoints.ts";
import type { Family } from "../../../net/family.ts";
import { because, type Cause } from "../../../cause.ts";
import { newRule } from "../../../fabric/specs.ts";

/** What the node's kernel and iptables support beyond the minimum. */
export interface ProxyFeatures {
  /** `MASQUERADE --random-fully` (iptables 1.6.2). */
  readonly randomFully: boolean;
  /** Counters by `-m nfacct`, which must have been created before. */
  readonly nfacct: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal: then nothing is dropped for being INVALID. */
  readonly tcpBeLiberal?: boolean | undefined;
}

const madeFor = new WeakMap<readonly ProxyEndpoint[], Map<string, readonly TopologyIptables[]>>();

/** Rules in the order in which they are written. */
export class IptablesRules {
  readonly list: TopologyIptables[] = [];
  readonly #family: Family;

  constructor(family: Family) {
    this.#family = family;
  }

  nat(chain: string, args: readonly string[], cause: Cause, position?: RulePosition): void {
    this.list.push(newRule(this.#family, "nat", chain, args, cause, position));
  }

  /** Adds what `make` adds for these endpoints under this name: made once, for they are the same on other nodes. */
  once(endpoints: readonly ProxyEndpoint[], name: string, make: () => void): void {
    const made = madeFor.get(endpoints) ?? new Map<string, readonly TopologyIptables[]>();
    madeFor.set(endpoints, made);
    const known = made.get(name);
    if (known !== undefined) return append(this.list, known);
    const first = this.list.length;
    make();
    made.set(name, this.list.slice(first));
  }

  filter(chain: string, args: readonly string[], cause: Cause): void {
    this.list.push(newRule(this.#family, "filter", chain, args, cause));
  }
}

const MARK = markText(MASQUERADE_MARK.bits);
const NEW = ["-m", "conntrack", "--ctstate", "NEW"];

/** From → to, comment, match; in the order that they have in the kernel (upstream prepends each, so its list is reversed). */
const FILTER_JUMPS = [
  ["INPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", NEW],
  ["INPUT", "KUBE-NODEPORTS", "kubernetes health check service ports", []],
  ["INPUT", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", NEW],
  ["INPUT", "KUBE-FIREWALL", "", []],
  ["FORWARD", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", NEW],
  ["FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules", []],
  ["FORWARD", "KUBE-SERVICES", "kubernetes service portals", NEW],
  ["FORWARD", "KUBE-EXTERNAL-SERVICES", "kubernetes externally-visible service portals", NEW],
  ["OUTPUT", "KUBE-PROXY-FIREWALL", "kubernetes load balancer firewall", NEW],
  ["OUTPUT", "KUBE-SERVICES", "kubernetes service portals", NEW],
  ["OUTPUT", "KUBE-FIREWALL", "", []],
] as const;

const NAT_JUMPS = [
  ["PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
] as const;

const FILTER_CHAINS = [
  "KUBE-NODEPORTS",
  "KUBE-SERVICES",
  "KUBE-EXTERNAL-SERVICES",
  "KUBE-FIREWALL",
  "KUBE-FORWARD",
  "KUBE-PROXY-FIREWALL",
] as const;

const NAT_CHAINS = ["KUBE-NODEPORTS", "KUBE-SERVICES", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"] as const;

function comment(text: string): readonly string[] {
  return text === "" ? [] : ["-m", "comment", "--comment", text];
}

function addFilter(rules: IptablesRules, features: ProxyFeatures, localhost: boolean, cause: Cause): void {
  const own = because(cause, "kube-proxy's chain");
  for (const [from, to, text, match] of FILTER_JUMPS)
    rules.filter(
      from,
      [...match, ...comment(text), "-j", to],
      because(cause, "kube-proxy hooks its chains in before all others"),
    );
  for (const chain of FILTER_CHAINS) rules.filter(chain, [], own);
  const add = (chain: string, reason: string, ...args: readonly string[]): void =>
    rules.filter(chain, args, because(cause, reason));
  if (localhost)
    add(
      "KUBE-FIREWALL",
      "route_localnet opens loopback addresses for node ports; other traffic is blocked (CVE-2020-8558)",
      ...comment("block incoming localnet connections"),
      "-d",
      "127.0.0.0/8",
      "!",
      "-s",
      "127.0.0.0/8",
      "-m",
      "conntrack",
      "!",
      "--ctstate",
      "RELATED,ESTABLISHED,DNAT",
      "-j",
      "DROP",
    );
  if (features.tcpBeLiberal !== true)
    add(
      "KUBE-FORWARD",
      "invalid packets would reach the client with the endpoint's own address",
      "-m",
      "conntrack",
      "--ctstate",
      "INVALID",
      ...(features.nfacct ? ["-m", "nfacct", "--nfacct-name", "ct_state_invalid_dropped_pkts"] : []),
      "-j",
      "DROP",
    );
  add(
    "KUBE-FORWARD",
    "Service traffic is forwarded, whatever the policy",
    ...comment("kubernetes forwarding rules"),
    "-m",
    "mark",
    "--mark",
    markMatch(MASQUERADE_MARK),
    "-j",
    "ACCEPT",
  );
  add(
    "KUBE-FORWARD",
    "and so are its answers",
    ...comment("kubernetes forwarding conntrack rule"),
    "-m",
    "conntrack",
    "--ctstate",
    "RELATED,ESTABLISHED",
    "-j",
    "ACCEPT",
  );
}

function addNat(rules: IptablesRules, features: ProxyFeatures, cause: Cause): void {
  for (const [from, to, text] of NAT_JUMPS)
    rules.nat(from, [...comment(text), "-j", to], because(cause, "kube-proxy hooks its chains in before all others"));
  for (const chain of NAT_CHAINS) rules.nat(chain, [], because(cause, "kube-proxy's chain"));
  const add = (chain: string, reason: string, ...args: readonly string[]): void =>
    rules.nat(chain, args, because(cause, reason));
  add("KUBE-MARK-MASQ", "marked packets are masqueraded on the way out", "-j", "MARK", "--or-mark", MARK);
  addMasquerading(add, features.randomFully);
}

/** The end of KUBE-POSTROUTING, the same in modes iptables and ipvs. */
export function addMasquerading(
  add: (chain: string, reason: string, ...args: readonly string[]) => void,
  randomFully: boolean,
): void {
  const chain = "KUBE-POSTROUTING";
  const other = ["-m", "mark", "!", "--mark", markMatch(MASQUERADE_MARK)];
  add(chain, "without the mark nothing is masqueraded here", ...other, "-j", "RETURN");
  const off = ["-j", "MARK", "--xor-mark", MARK];
  add(chain, "the mark is cleared: the packet may pass here again (VXLAN)", ...off);
  const snat = [...comment("kubernetes service traffic requiring SNAT"), "-j", "MASQUERADE"];
  add(
    chain,
    "the node's address replaces the client's, so that answers come back here",
    ...snat,
    ...(randomFully ? ["--random-fully"] : []),
  );
}

/** `localhost`: 127.0.0.1 accepts node ports. */
export function addStaticRules(
  rules: IptablesRules,
  input: ProxyInput,
  features: ProxyFeatures,
  localhost: boolean,
): void {
  const { cause } = input.proxy;
  addFilter(rules, features, localhost, cause);
  addNat(rules, features, cause);
}
