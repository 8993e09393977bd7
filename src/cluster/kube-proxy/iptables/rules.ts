/**
 * kube-proxy's iptables mode on one node and in one family: upstream's chains, rules, order, comments and probabilities
 * (kubernetes pkg/proxy/iptables; ground truth 1.2 to 1.8), each rule with the manifest line that caused it.
 */
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import { because } from "../../../cause.ts";
import { iptablesChain } from "../chain-names.ts";
import type { ProxyEndpoint } from "../endpoints.ts";
import { addEntries, comment, portMatch, protocolMatch, type Chains, type Shared } from "./entries.ts";
import { addStaticRules, IptablesRules, type ProxyFeatures } from "./static.ts";
import { nodePortAddresses, proxiedPorts, type ProxiedPort } from "../service-ports.ts";
import { holds } from "../sloppy-address.ts";

/** From this many endpoints on, upstream omits comments in the rules per endpoint. */
const LARGE = 1000;
const NODE_PORTS_COMMENT = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";

/** 1/n as upstream prints it: ten decimals. */
export function probability(remaining: number): string {
  return (1 / remaining).toFixed(10);
}

/** What is masqueraded on the way to the cluster IP. */
function addInternal(shared: Shared, port: ProxiedPort, chains: Chains): void {
  const { input, rules } = shared;
  if (!port.internal) return;
  const detector = input.proxy.masqueradeAll
    ? []
    : input.podCIDR === undefined
      ? undefined
      : ["!", "-s", input.podCIDR];
  if (detector === undefined) return;
  rules.nat(
    port.internalLocal ? chains.local : chains.cluster,
    [...comment(`${port.name} cluster IP`), ...portMatch(port, port.clusterIP), ...detector, "-j", "KUBE-MARK-MASQ"],
    because(
      port.port.cause,
      `${port.name}: ${input.proxy.masqueradeAll ? "masqueradeAll" : "traffic from outside the pods must be answered through this node"}`,
    ),
  );
}

/** What all external addresses share: masquerading, and the ways around externalTrafficPolicy Local. */
function addExternal(shared: Shared, port: ProxiedPort, chains: Chains): void {
  const { input, rules } = shared;
  if (!port.usesExternal) return;
  const { name } = port;
  const chain = chains.external;
  const add = (reason: string, ...args: readonly (readonly string[])[]): void =>
    rules.nat(chain, args.flat(), because(port.port.cause, `${name}: ${reason}`));
  const outside = `${name} external destinations`;
  if (!port.externalLocal)
    add(
      "an endpoint of any node may answer, so answers must come back here",
      comment(`masquerade traffic for ${outside}`),
      ["-j", "KUBE-MARK-MASQ"],
    );
  else {
    const local = ["-m", "addrtype", "--src-type", "LOCAL"];
    if (input.podCIDR !== undefined)
      add(
        "pods get any endpoint, as through an outside load balancer",
        comment(`pod traffic for ${outside}`),
        ["-s", input.podCIDR],
        ["-j", chains.cluster],
      );
    add("the node's own traffic is masqueraded", comment(`masquerade LOCAL traffic for ${outside}`), local, [
      "-j",
      "KUBE-MARK-MASQ",
    ]);
    add("the node's own traffic gets any endpoint", comment(`route LOCAL traffic for ${outside}`), local, [
      "-j",
      chains.cluster,
    ]);
  }
  if (port.external)
    add(`externalTrafficPolicy ${port.externalLocal ? "Local: endpoints of this node" : "Cluster: any endpoint"}`, [
      "-j",
      port.externalLocal ? chains.local : chains.cluster,
    ]);
}

/** loadBalancerSourceRanges: which sources reach the external chain; the others are dropped in the filter table. */
function addFirewall(shared: Shared, port: ProxiedPort, chains: Chains): void {
  const { input, rules } = shared;
  if (!port.endpoints.any || port.loadBalancerIPs.length === 0 || port.sourceRanges.length === 0) return;
  const { name } = port;
  const allow = (source: string, reason: string): void =>
    rules.nat(
      chains.firewall,
      [...comment(`${name} loadbalancer IP`), "-s", source, "-j", chains.external],
      because(port.service.cause, `${name}: ${reason}`),
    );
  for (const range of port.sourceRanges) allow(range, "loadBalancerSourceRanges");
  // A node that has the address itself sends from it (upstream's rule for such load balancers).
  const [nodeIP] = input.nodeIPs;
  if (nodeIP !== undefined && port.sourceRanges.some((range) => holds(range, nodeIP)))
    for (const address of port.loadBalancerIPs) allow(address, "this node is in loadBalancerSourceRanges");
  rules.nat(
    chains.firewall,
    comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`),
    because(port.service.cause, `${name}: comment for readers of the rules`),
  );
}

/** Affinity first, then random choice: rule i of n takes 1/(n-i) of what reaches it. */
function addBalancing(shared: Shared, port: ProxiedPort, chain: string, endpoints: readonly ProxyEndpoint[]): void {
  const { rules, commentEndpoints } = shared;
  const { name, protocol } = port;
  const { affinitySeconds } = port.service;
  const label = (endpoint: ProxyEndpoint): readonly string[] =>
    commentEndpoints ? comment(`${name} -> ${endpoint.text}`) : [];
  if (affinitySeconds !== undefined)
    for (const endpoint of endpoints) {
      const target = iptablesChain("SEP", name, protocol, endpoint.text);
      const recent = ["-m", "recent", "--name", target, "--rcheck", "--seconds", String(affinitySeconds), "--reap"];
      rules.nat(
        chain,
        [...label(endpoint), ...recent, "-j", target],
        because(port.service.cause, `${name}: sessionAffinity ClientIP`),
      );
    }
  endpoints.forEach((endpoint, index) => {
    const left = endpoints.length - index;
    const chance = left > 1 ? ["-m", "statistic", "--mode", "random", "--probability", probability(left)] : [];
    rules.nat(
      chain,
      [...label(endpoint), ...chance, "-j", iptablesChain("SEP", name, protocol, endpoint.text)],
      because(endpoint.cause, `${name}: endpoint ${index + 1} of ${endpoints.length}`),
    );
  });
}

function addEndpoint(shared: Shared, port: ProxiedPort, endpoint: ProxyEndpoint): void {
  const { rules, commentEndpoints } = shared;
  const { name, protocol } = port;
  const chain = iptablesChain("SEP", name, protocol, endpoint.text);
  const label = commentEndpoints ? comment(name) : [];
  rules.nat(
    chain,
    [...label, "-s", endpoint.address, "-j", "KUBE-MARK-MASQ"],
    because(endpoint.cause, `${name}: an endpoint that reaches itself must get answers back through the node`),
  );
  const recent = port.service.affinitySeconds === undefined ? [] : ["-m", "recent", "--name", chain, "--set"];
  rules.nat(
    chain,
    [...label, ...recent, ...protocolMatch(port), "-j", "DNAT", "--to-destination", endpoint.text],
    because(endpoint.cause, `${name}: the endpoint ${endpoint.text}`),
  );
}

function addPort(shared: Shared, port: ProxiedPort): void {
  const chain = (kind: "SVC" | "SVL" | "EXT" | "FW"): string => iptablesChain(kind, port.name, port.protocol);
  const chains = { cluster: chain("SVC"), local: chain("SVL"), external: chain("EXT"), firewall: chain("FW") };
  addEntries(shared, port, chains);
  addInternal(shared, port, chains);
  addExternal(shared, port, chains);
  addFirewall(shared, port, chains);
  const { cluster, local, reachable } = port.endpoints;
  const once = (endpoints: readonly ProxyEndpoint[], name: string, make: () => void): void =>
    shared.rules.once(endpoints, `${name} ${shared.commentEndpoints}`, make);
  if (port.usesCluster) once(cluster, chains.cluster, () => addBalancing(shared, port, chains.cluster, cluster));
  if (port.usesLocal) once(local, chains.local, () => addBalancing(shared, port, chains.local, local));
  once(reachable, "endpoints", () => {
    for (const endpoint of reachable) addEndpoint(shared, port, endpoint);
  });
}

/** The jump to KUBE-NODEPORTS, after all addresses that are a Service's own. */
function addNodePortEntry({ input, nodePorts, rules }: Shared): void {
  const why = because(input.proxy.cause, "packets to the node itself may be for a node port");
  const add = (match: readonly string[]): void =>
    rules.nat("KUBE-SERVICES", [...comment(NODE_PORTS_COMMENT), ...match, "-j", "KUBE-NODEPORTS"], why);
  if (!nodePorts.all) {
    for (const address of nodePorts.addresses)
      if (address === "127.0.0.1" ? nodePorts.localhost : address !== "::1") add(["-d", address]);
    return;
  }
  const closed =
    input.family === "ipv6" ? ["!", "-d", "::1/128"] : nodePorts.localhost ? [] : ["!", "-d", "127.0.0.0/8"];
  add(["-m", "addrtype", "--dst-type", "LOCAL", ...closed]);
}

/**
 * All of kube-proxy's rules in the nat and filter tables, jumps from the built-in chains first. Those jumps must be
 * before all other rules: kube-proxy prepends them.
 */
export function planProxyIptables(
  input: ProxyInput,
  features: ProxyFeatures = { randomFully: true, nfacct: false, tcpBeLiberal: input.proxy.tcpBeLiberal },
): readonly TopologyIptables[] {
  const { ports, totalEndpoints } = proxiedPorts(input);
  const nodePorts = nodePortAddresses(input, input.proxy.nodePortAddresses);
  const rules = new IptablesRules(input.family);
  const shared: Shared = { input, features, nodePorts, commentEndpoints: totalEndpoints <= LARGE, rules };
  addStaticRules(rules, input, features, nodePorts.localhost);
  for (const port of ports) addPort(shared, port);
  addNodePortEntry(shared);
  return rules.list;
}
