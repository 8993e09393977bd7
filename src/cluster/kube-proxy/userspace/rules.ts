/**
 * kube-proxy's userspace mode on one node and in one family, as it was until Kubernetes 1.25 (pkg/proxy/userspace/proxier.go):
 * rules redirect packets for a Service to a port of the node, where the agent accepts the connection and connects to an endpoint itself.
 * It knows ready endpoints only: no traffic policies, no source ranges, no topology hints, no SCTP.
 */
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { TopologyIptables } from "../../../fabric/topology-rule.ts";
import type { Spec } from "../../../fabric/topology.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import { because, type Cause } from "../../../cause.ts";
import type { ProxyEndpoint } from "../endpoints.ts";
import { comment } from "../iptables/entries.ts";
import { IptablesRules } from "../iptables/static.ts";
import { proxyPorts } from "./ports.ts";
import { proxiedPorts, type ProxiedPort } from "../service-ports.ts";

const PORTALS = "handle ClusterIPs; NOTE: this must be before the NodePort rules";
const NODE_PORTS = "handle service NodePorts; NOTE: this must be the last rule in the chain";
const NON_LOCAL = "Ensure that non-local NodePort traffic can flow";
const LOCAL = ["-m", "addrtype", "--dst-type", "LOCAL"] as const;

export interface UserspacePlan {
  readonly iptables: readonly TopologyIptables[];
  readonly proxies: readonly Spec<"proxy">[];
}

/** The rotation: an Endpoints object has only ready addresses. */
function readyOnes({ all }: ProxiedPort): readonly ProxyEndpoint[] {
  return all.filter((endpoint) => endpoint.ready);
}

interface Portal {
  readonly rules: IptablesRules;
  readonly port: ProxiedPort;
  /** The proxy's port. */
  readonly at: number;
  /** Where the node's own packets are sent: they cannot be redirected by their incoming device. */
  readonly host: string;
}

function common({ port }: Portal, number: number, ...more: readonly string[]): readonly string[] {
  return [...comment(port.name), "-p", port.protocol, "-m", port.protocol, "--dport", String(number), ...more];
}

/** `external`: only from other machines, or where the node itself has the address. */
function addPortal(portal: Portal, address: string, external: boolean, cause: Cause): void {
  const { rules, port, at, host } = portal;
  const to = ["-d", `${address}/${address.includes(":") ? HOST_LENGTH.ipv6 : HOST_LENGTH.ipv4}`];
  const redirect = ["-j", "REDIRECT", "--to-ports", String(at)];
  const words = (...more: readonly string[]): readonly string[] => common(portal, port.port.port, ...to, ...more);
  const container = (more: readonly string[]): void =>
    rules.nat("KUBE-PORTALS-CONTAINER", [...words(...more), ...redirect], cause);
  if (external) {
    container(["-m", "physdev", "!", "--physdev-is-in"]);
    container(LOCAL);
  } else container([]);
  rules.nat("KUBE-PORTALS-HOST", [...words(...(external ? LOCAL : [])), "-j", "DNAT", "--to-destination", host], cause);
}

function addNodePort(portal: Portal, cause: Cause): void {
  const { rules, port, at, host } = portal;
  const number = port.port.nodePort;
  rules.nat("KUBE-NODEPORT-CONTAINER", [...common(portal, number), "-j", "REDIRECT", "--to-ports", String(at)], cause);
  rules.nat("KUBE-NODEPORT-HOST", [...common(portal, number), "-j", "DNAT", "--to-destination", host], cause);
  rules.filter(
    "KUBE-NODEPORT-NON-LOCAL",
    [...common(portal, at), "-m", "state", "--state", "NEW", "-j", "ACCEPT"],
    because(cause, `${port.name}: its proxy is open to other machines`),
  );
}

function addFrame(rules: IptablesRules, cause: Cause): void {
  const hook = because(cause, "kube-proxy hooks its chains in before all others");
  const own = because(cause, "kube-proxy's chain");
  for (const [from, what] of [
    ["PREROUTING", "CONTAINER"],
    ["OUTPUT", "HOST"],
  ] as const) {
    rules.nat(from, [...comment(PORTALS), "-j", `KUBE-PORTALS-${what}`], hook);
    rules.nat(
      from,
      [...LOCAL, ...comment(NODE_PORTS), "-j", `KUBE-NODEPORT-${what}`],
      because(cause, "packets to the node itself may be for a node port"),
      "after cni-policy",
    );
    rules.nat(`KUBE-PORTALS-${what}`, [], own);
    rules.nat(`KUBE-NODEPORT-${what}`, [], own);
  }
  rules.filter("INPUT", [...comment(NON_LOCAL), "-j", "KUBE-NODEPORT-NON-LOCAL"], hook);
  rules.filter("KUBE-NODEPORT-NON-LOCAL", [], own);
}

/** `taken`: ports of the node that others listen on, `tcp 61000`. */
export function planProxyUserspace(input: ProxyInput, taken: ReadonlySet<string> = new Set()): UserspacePlan {
  const { family, proxy } = input;
  const ports = proxiedPorts(input).ports.filter((port) => port.protocol !== "sctp");
  const numbers = proxyPorts(ports, taken);
  const rules = new IptablesRules(family);
  addFrame(rules, proxy.cause);
  const [nodeIP = ""] = input.nodeIPs;
  const proxies = [...numbers].map(([port, at]): Spec<"proxy"> => {
    const portal = { rules, port, at, host: family === "ipv6" ? `[${nodeIP}]:${at}` : `${nodeIP}:${at}` };
    const why = (what: string): Cause => because(port.port.cause, `${port.name}: ${what}`);
    addPortal(portal, port.clusterIP, false, why("its cluster IP"));
    for (const address of port.externalIPs) addPortal(portal, address, true, why("an external IP"));
    for (const address of port.loadBalancerIPs) addPortal(portal, address, false, why("its load balancer address"));
    if (port.port.nodePort !== 0) addNodePort(portal, why(`its node port ${port.port.nodePort}`));
    const { affinitySeconds } = port.service;
    return {
      kind: "proxy",
      family,
      protocol: port.protocol === "udp" ? "udp" : "tcp",
      port: at,
      service: port.name,
      endpoints: readyOnes(port).map((endpoint) => endpoint.text),
      ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
      cause: why("kube-proxy in userspace mode proxies its connections itself"),
    };
  });
  return { iptables: rules.list, proxies };
}
