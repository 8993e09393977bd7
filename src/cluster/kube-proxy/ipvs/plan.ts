/**
 * kube-proxy's ipvs mode on one node and in one family (kubernetes pkg/proxy/ipvs): virtual servers, the addresses that
 * make the node take their packets, and sets and rules for what IPVS does not do itself.
 */
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { Spec } from "../../../fabric/topology.ts";
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import { because, type Cause } from "../../../cause.ts";
import type { ProxyEndpoint } from "../endpoints.ts";
import { ipvsRules, type BarredFromNode } from "./rules.ts";
import { IpvsSets } from "./sets.ts";
import { serverAt, VirtualServers } from "./virtual-servers.ts";
import { nodePortAddresses, proxiedPorts, servicePorts, type ProxiedPort } from "../service-ports.ts";
import { holds } from "../sloppy-address.ts";

export interface IpvsPlan {
  readonly sets: readonly Spec<"ipset">[];
  readonly iptables: readonly TopologyIptables[];
  readonly servers: Spec<"ipvs">["lines"];
}

/** ip_vs_mh includes ports in its hash only with an option. */
const SCHEDULER_FLAGS: Readonly<Record<string, string>> = { mh: "mh-port" };

class Draft {
  readonly sets: IpvsSets;
  readonly barred: BarredFromNode[] = [];
  readonly servers = new VirtualServers();
  readonly #input: ProxyInput;

  constructor(input: ProxyInput) {
    this.#input = input;
    this.sets = new IpvsSets(input.family);
  }

  server(port: ProxiedPort, address: string, number: number, endpoints: readonly ProxyEndpoint[], cause: Cause): void {
    const scheduler = this.#input.proxy.ipvs?.scheduler ?? "rr";
    this.servers.add(
      {
        at: serverAt(port.protocol, address, number),
        scheduler,
        flags: SCHEDULER_FLAGS[scheduler],
        affinitySeconds: port.service.affinitySeconds,
        cause,
      },
      port.name,
      endpoints,
    );
  }
}

/** With policy Local its own endpoints; where the node has none any, for its own pods' sake (kubernetes pull 97081). */
function reals({ endpoints }: ProxiedPort, local: boolean): readonly ProxyEndpoint[] {
  return local && endpoints.local.length > 0 ? endpoints.local : endpoints.cluster;
}

/** hash:ip,port,net has no networks of length 0. */
function sources(range: string): readonly string[] {
  if (range === "0.0.0.0/0") return ["0.0.0.0/1", "128.0.0.0/1"];
  if (range === "::/0") return ["::/1", "8000::/1"];
  // A single address is written without its length, as ipset lists it.
  return [range.replace(range.includes(":") ? /\/128$/ : /\/32$/, "")];
}

function addLoadBalancer(draft: Draft, input: ProxyInput, port: ProxiedPort, address: string): void {
  const { sets } = draft;
  const number = port.port.port;
  const entry = `${address},${port.protocol}:${number}`;
  sets.add("KUBE-LOAD-BALANCER", entry);
  if (port.externalLocal) sets.add("KUBE-LOAD-BALANCER-LOCAL", entry);
  if (port.sourceRanges.length === 0) return;
  sets.add("KUBE-LOAD-BALANCER-FW", entry);
  for (const range of port.sourceRanges)
    sets.add("KUBE-LOAD-BALANCER-SOURCE-CIDR", ...sources(range).map((source) => `${entry},${source}`));
  const [nodeIP] = input.nodeIPs;
  if (nodeIP !== undefined && port.sourceRanges.some((range) => holds(range, nodeIP)))
    sets.add("KUBE-LOAD-BALANCER-SOURCE-IP", `${entry},${address}`);
  else draft.barred.push({ address, protocol: port.protocol, port: number });
}

function addNodePort(draft: Draft, port: ProxiedPort, addresses: readonly string[], cause: Cause): void {
  const { sets } = draft;
  const number = port.port.nodePort;
  const hashed = addresses.map((address) => `${address},sctp:${number}`);
  const entries = port.protocol === "sctp" ? hashed : [String(number)];
  const words = { tcp: "TCP", udp: "UDP", sctp: "SCTP-HASH" } as const;
  sets.add(`KUBE-NODE-PORT-${words[port.protocol]}`, ...entries);
  if (port.externalLocal) sets.add(`KUBE-NODE-PORT-LOCAL-${words[port.protocol]}`, ...entries);
  for (const address of addresses) draft.server(port, address, number, reals(port, port.externalLocal), cause);
}

function addPort(draft: Draft, input: ProxyInput, port: ProxiedPort, nodeAddresses: readonly string[]): void {
  const { sets } = draft;
  const number = port.port.port;
  const why = (what: string): Cause => because(port.port.cause, `${port.name}: ${what}`);
  const entry = (address: string): string => `${address},${port.protocol}:${number}`;
  for (const { nodeName, address, port: at } of port.all)
    if (nodeName !== undefined && nodeName === input.nodeName)
      sets.add("KUBE-LOOP-BACK", `${address},${port.protocol}:${at},${address}`);
  sets.add("KUBE-CLUSTER-IP", entry(port.clusterIP));
  draft.server(port, port.clusterIP, number, reals(port, port.internalLocal), why("its cluster IP"));
  for (const address of port.externalIPs) {
    sets.add(port.externalLocal ? "KUBE-EXTERNAL-IP-LOCAL" : "KUBE-EXTERNAL-IP", entry(address));
    draft.server(port, address, number, reals(port, port.externalLocal), why("an external IP"));
  }
  for (const address of port.loadBalancerIPs) {
    addLoadBalancer(draft, input, port, address);
    draft.server(port, address, number, reals(port, port.externalLocal), why("its load balancer address"));
  }
  if (port.port.nodePort !== 0) addNodePort(draft, port, nodeAddresses, why(`its node port ${port.port.nodePort}`));
  if (port.healthCheckNodePort !== 0) sets.add("KUBE-HEALTH-CHECK-NODE-PORT", String(port.healthCheckNodePort));
}

/** Addresses of Services that kube-ipvs0 has, without length; one that the node has anyway is left where it is. */
export function boundAddresses(input: ProxyInput): readonly { readonly address: string; readonly cause: Cause }[] {
  const bound = new Map<string, Cause>();
  for (const { port, name, clusterIP, externalIPs, loadBalancerIPs } of servicePorts(input)) {
    const bind = (address: string, what: string): void => {
      if (!input.nodeIPs.includes(address) && !bound.has(address))
        bound.set(address, because(port.cause, `${name}: ${what}`));
    };
    bind(clusterIP, "its cluster IP");
    for (const address of externalIPs) bind(address, "an external IP");
    for (const address of loadBalancerIPs) bind(address, "its load balancer address");
  }
  return [...bound].map(([address, cause]) => ({ address, cause }));
}

export function planProxyIpvs(input: ProxyInput): IpvsPlan {
  const draft = new Draft(input);
  const taken = nodePortAddresses(input, input.proxy.nodePortAddresses);
  const nodeAddresses = taken.all
    ? input.nodeIPs
    : taken.addresses.filter((address) => address !== "127.0.0.1" && address !== "::1");
  for (const port of proxiedPorts(input).ports) addPort(draft, input, port, nodeAddresses);
  draft.sets.add("KUBE-IPVS-IPS", ...boundAddresses(input).map(({ address }) => address));
  return {
    sets: draft.sets.list(because(input.proxy.cause, "kube-proxy's rules look addresses and ports up in it")),
    iptables: ipvsRules(input, draft.sets, draft.barred),
    servers: draft.servers.lines,
  };
}
