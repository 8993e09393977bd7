/**
 * The iptables rules of kube-proxy's ipvs mode: few, and the same however many Services there are, since sets say which
 * packets are meant (kubernetes pkg/proxy/ipvs/proxier.go, writeIptablesRules).
 */
import { MASQUERADE_MARK } from "../marks.ts";
import { markMatch, markText } from "../../marks.ts";
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import { because, type Cause } from "../../../cause.ts";
import { comment } from "../iptables/entries.ts";
import { addMasquerading, IptablesRules } from "../iptables/static.ts";
import { IPVS_SETS, ipvsSetName, type IpvsSetName, type IpvsSets } from "./sets.ts";

const MARK = markText(MASQUERADE_MARK.bits);

/** Table, from, to, comment: in the order that they have in the kernel (upstream prepends each, so its list is reversed). */
const JUMPS = [
  ["nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
  ["filter", "INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"],
  ["filter", "INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"],
  ["filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"],
  ["filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"],
] as const;

const CHAINS = {
  nat: ["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"],
  filter: [
    "KUBE-FORWARD",
    "KUBE-NODE-PORT",
    "KUBE-PROXY-FIREWALL",
    "KUBE-SOURCE-RANGES-FIREWALL",
    "KUBE-IPVS-FILTER",
    "KUBE-IPVS-OUT-FILTER",
  ],
} as const;

/** Set, table, from, to, what of the packet is looked up, protocol: in upstream's order. Only for sets that are not empty. */
const SET_RULES = [
  ["KUBE-LOOP-BACK", "nat", "KUBE-POSTROUTING", "MASQUERADE", "dst,dst,src", ""],
  ["KUBE-LOAD-BALANCER", "nat", "KUBE-SERVICES", "KUBE-LOAD-BALANCER", "dst,dst", ""],
  ["KUBE-LOAD-BALANCER-LOCAL", "nat", "KUBE-LOAD-BALANCER", "RETURN", "dst,dst", ""],
  ["KUBE-NODE-PORT-LOCAL-TCP", "nat", "KUBE-NODE-PORT", "RETURN", "dst", "tcp"],
  ["KUBE-NODE-PORT-TCP", "nat", "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst", "tcp"],
  ["KUBE-NODE-PORT-LOCAL-UDP", "nat", "KUBE-NODE-PORT", "RETURN", "dst", "udp"],
  ["KUBE-NODE-PORT-UDP", "nat", "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst", "udp"],
  ["KUBE-NODE-PORT-LOCAL-SCTP-HASH", "nat", "KUBE-NODE-PORT", "RETURN", "dst,dst", "sctp"],
  ["KUBE-NODE-PORT-SCTP-HASH", "nat", "KUBE-NODE-PORT", "KUBE-MARK-MASQ", "dst,dst", "sctp"],
  ["KUBE-LOAD-BALANCER-FW", "filter", "KUBE-PROXY-FIREWALL", "KUBE-SOURCE-RANGES-FIREWALL", "dst,dst", ""],
  ["KUBE-LOAD-BALANCER-SOURCE-CIDR", "filter", "KUBE-SOURCE-RANGES-FIREWALL", "RETURN", "dst,dst,src", ""],
  ["KUBE-LOAD-BALANCER-SOURCE-IP", "filter", "KUBE-SOURCE-RANGES-FIREWALL", "RETURN", "dst,dst,src", ""],
] as const satisfies readonly (readonly [IpvsSetName, "nat" | "filter", string, string, string, string])[];

/** A load balancer's address and port that the node itself must not use. */
export interface BarredFromNode {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

class Writer {
  readonly rules: IptablesRules;
  readonly input: ProxyInput;
  readonly sets: IpvsSets;

  constructor(input: ProxyInput, sets: IpvsSets) {
    this.input = input;
    this.sets = sets;
    this.rules = new IptablesRules(input.family);
  }

  why(reason: string): Cause {
    return because(this.input.proxy.cause, reason);
  }

  match(name: IpvsSetName, what: string): readonly string[] {
    return ["-m", "set", "--match-set", ipvsSetName(name, this.input.family), what];
  }

  /** With upstream's comment on the set. */
  named(name: IpvsSetName, what: string): readonly string[] {
    return [...comment(IPVS_SETS[name][1]), ...this.match(name, what)];
  }

  add(table: "nat" | "filter", chain: string, reason: string, ...words: readonly string[]): void {
    this.rules[table](chain, words, this.why(reason));
  }
}

function addFrame(out: Writer): void {
  for (const [table, from, to, text] of JUMPS)
    out.add(table, from, "kube-proxy hooks its chains in before all others", ...comment(text), "-j", to);
  for (const table of ["nat", "filter"] as const)
    for (const chain of CHAINS[table]) out.add(table, chain, "kube-proxy's chain");
  const loopback = out.input.family === "ipv6" ? "::1/128" : "127.0.0.0/8";
  out.add("nat", "KUBE-SERVICES", "loopback addresses reach loopback only", "-s", loopback, "-j", "RETURN");
}

function addSetRules(out: Writer): void {
  for (const [name, table, from, to, what, protocol] of SET_RULES) {
    if (out.sets.isEmpty(name)) continue;
    const words = [...(protocol === "" ? [] : ["-p", protocol]), ...out.named(name, what), "-j", to];
    out.add(table, from, IPVS_SETS[name][1], ...words);
  }
}

/** What is masqueraded on the way to a cluster IP. */
function addClusterIPs(out: Writer): void {
  const { podCIDR, proxy } = out.input;
  if (out.sets.isEmpty("KUBE-CLUSTER-IP")) return;
  const add = (reason: string, what: string, ...more: readonly string[]): void =>
    out.add("nat", "KUBE-SERVICES", reason, ...out.named("KUBE-CLUSTER-IP", what), ...more, "-j", "KUBE-MARK-MASQ");
  if (proxy.masqueradeAll) add("masqueradeAll", "dst,dst");
  else if (podCIDR !== undefined)
    add("traffic from outside the pods must be answered through this node", "dst,dst", "!", "-s", podCIDR);
  else
    add("the node speaks to a Service from the Service's own address, which the endpoint could not answer", "src,dst");
}

function addExternalIPs(out: Writer): void {
  const accept = (name: IpvsSetName): void => {
    const words = out.named(name, "dst,dst");
    const outside = ["-m", "physdev", "!", "--physdev-is-in", "-m", "addrtype", "!", "--src-type", "LOCAL"];
    out.add("nat", "KUBE-SERVICES", "other machines may use external IPs", ...words, ...outside, "-j", "ACCEPT");
    const own = ["-m", "addrtype", "--dst-type", "LOCAL"];
    out.add("nat", "KUBE-SERVICES", "and so may those whose address is here", ...words, ...own, "-j", "ACCEPT");
  };
  if (!out.sets.isEmpty("KUBE-EXTERNAL-IP")) {
    const words = [...out.named("KUBE-EXTERNAL-IP", "dst,dst"), "-j", "KUBE-MARK-MASQ"];
    out.add("nat", "KUBE-SERVICES", "an endpoint of any node may answer, so answers must come back here", ...words);
    accept("KUBE-EXTERNAL-IP");
  }
  if (!out.sets.isEmpty("KUBE-EXTERNAL-IP-LOCAL")) accept("KUBE-EXTERNAL-IP-LOCAL");
}

function addRest(out: Writer, barred: readonly BarredFromNode[]): void {
  const nat = (chain: string, reason: string, ...words: readonly string[]): void =>
    out.add("nat", chain, reason, ...words);
  const filter = (chain: string, reason: string, ...words: readonly string[]): void =>
    out.add("filter", chain, reason, ...words);
  const toNode = ["-m", "addrtype", "--dst-type", "LOCAL", "-j", "KUBE-NODE-PORT"];
  nat("KUBE-SERVICES", "packets to the node itself may be for a node port", ...toNode);
  nat(
    "KUBE-LOAD-BALANCER",
    "an endpoint of any node may answer, so answers must come back here",
    "-j",
    "KUBE-MARK-MASQ",
  );
  filter("KUBE-SOURCE-RANGES-FIREWALL", "loadBalancerSourceRanges allows no other source", "-j", "DROP");
  for (const { address, protocol, port } of barred) {
    const virtual = ["-m", "ipvs", "--vaddr", address, "--vproto", protocol, "--vport", String(port)];
    const reason = "the node is not in loadBalancerSourceRanges";
    filter("KUBE-IPVS-OUT-FILTER", reason, "-s", address, ...virtual, "-j", "DROP");
  }
  for (const name of ["KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"] as const)
    if (!out.sets.isEmpty(name))
      nat(
        "KUBE-SERVICES",
        "a virtual server handles it: no other rule may",
        ...out.match(name, "dst,dst"),
        "-j",
        "ACCEPT",
      );
  const marked = ["-m", "mark", "--mark", markMatch(MASQUERADE_MARK), "-j", "ACCEPT"];
  filter(
    "KUBE-FORWARD",
    "Service traffic is forwarded, whatever the policy",
    ...comment("kubernetes forwarding rules"),
    ...marked,
  );
  const answers = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"];
  filter("KUBE-FORWARD", "and so are its answers", ...comment("kubernetes forwarding conntrack rule"), ...answers);
  const health = [...out.named("KUBE-HEALTH-CHECK-NODE-PORT", "dst"), "-j", "ACCEPT"];
  filter("KUBE-NODE-PORT", "health check node ports are open", ...health);
  for (const name of ["KUBE-LOAD-BALANCER", "KUBE-CLUSTER-IP", "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"] as const)
    filter("KUBE-IPVS-FILTER", "a Service port", ...out.match(name, "dst,dst"), "-j", "RETURN");
  filter("KUBE-IPVS-FILTER", "a health check", ...out.match("KUBE-HEALTH-CHECK-NODE-PORT", "dst"), "-j", "RETURN");
  filter(
    "KUBE-IPVS-FILTER",
    "the node has the Services' addresses, but its other listeners must not answer on them",
    "-m",
    "conntrack",
    "--ctstate",
    "NEW",
    ...out.match("KUBE-IPVS-IPS", "dst"),
    "-j",
    "REJECT",
  );
  addMasquerading(nat, true);
  nat("KUBE-MARK-MASQ", "marked packets are masqueraded on the way out", "-j", "MARK", "--or-mark", MARK);
}

/** They go before all others: kube-proxy prepends its jumps. */
export function ipvsRules(
  input: ProxyInput,
  sets: IpvsSets,
  barred: readonly BarredFromNode[],
): readonly TopologyIptables[] {
  const out = new Writer(input, sets);
  addFrame(out);
  addSetRules(out);
  addClusterIPs(out);
  addExternalIPs(out);
  addRest(out, barred);
  return out.rules.list;
}
