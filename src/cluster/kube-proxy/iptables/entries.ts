/** Where traffic to a Service port enters: its addresses and node port lead to its chains, or to an end where it has no endpoints. */
import type { ProxyInput } from "../../../kube/service/service.ts";
import { because, type Cause } from "../../../cause.ts";
import type { IptablesRules, ProxyFeatures } from "./static.ts";
import type { NodePortAddresses, ProxiedPort } from "../service-ports.ts";

/** What all Services' rules have in common. */
export interface Shared {
  readonly input: ProxyInput;
  readonly features: ProxyFeatures;
  readonly nodePorts: NodePortAddresses;
  readonly commentEndpoints: boolean;
  readonly rules: IptablesRules;
}

export interface Chains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

export function comment(text: string): readonly string[] {
  return ["-m", "comment", "--comment", text];
}

export function protocolMatch(port: ProxiedPort): readonly string[] {
  return ["-m", port.protocol, "-p", port.protocol];
}

export function portMatch(port: ProxiedPort, address: string): readonly string[] {
  return [...protocolMatch(port), "-d", address, "--dport", String(port.port.port)];
}

/** Entry rules: which destinations are this port's, and which chain or which end they meet. */
export function addEntries(shared: Shared, port: ProxiedPort, chains: Chains): void {
  const { rules, nodePorts, features } = shared;
  const { name } = port;
  const why = (reason: string): Cause => because(port.port.cause, `${name}: ${reason}`);
  const { any } = port.endpoints;
  const end = (local: boolean): { text: string; target: string } =>
    any && local
      ? { text: `${name} has no local endpoints`, target: "DROP" }
      : { text: `${name} has no endpoints`, target: "REJECT" };

  if (port.internal)
    rules.nat(
      "KUBE-SERVICES",
      [
        ...comment(`${name} cluster IP`),
        ...portMatch(port, port.clusterIP),
        "-j",
        port.internalLocal ? chains.local : chains.cluster,
      ],
      why("its cluster IP"),
    );
  else {
    const { text, target } = end(port.internalLocal);
    rules.filter(
      "KUBE-SERVICES",
      [...comment(text), ...portMatch(port, port.clusterIP), "-j", target],
      why(`no endpoint for its cluster IP${any ? " on this node, as internalTrafficPolicy requires" : ""}`),
    );
  }

  const dead = end(port.externalLocal);
  const deadWhy = `no endpoint for traffic from outside${any ? " on this node, as externalTrafficPolicy requires" : ""}`;
  const addDead = (match: readonly string[]): void => {
    if (!port.external)
      rules.filter("KUBE-EXTERNAL-SERVICES", [...comment(dead.text), ...match, "-j", dead.target], why(deadWhy));
  };
  for (const address of port.externalIPs) {
    if (any)
      rules.nat(
        "KUBE-SERVICES",
        [...comment(`${name} external IP`), ...portMatch(port, address), "-j", chains.external],
        why("an external IP"),
      );
    addDead(portMatch(port, address));
  }
  const guarded = any && port.sourceRanges.length > 0;
  for (const address of port.loadBalancerIPs) {
    if (any)
      rules.nat(
        "KUBE-SERVICES",
        [
          ...comment(`${name} loadbalancer IP`),
          ...portMatch(port, address),
          "-j",
          guarded ? chains.firewall : chains.external,
        ],
        why("its load balancer address"),
      );
    if (guarded)
      rules.filter(
        "KUBE-PROXY-FIREWALL",
        [...comment(`${name} traffic not accepted by ${chains.firewall}`), ...portMatch(port, address), "-j", "DROP"],
        why("loadBalancerSourceRanges allows no other source"),
      );
  }
  for (const address of port.loadBalancerIPs) addDead(portMatch(port, address));
  if (port.port.nodePort !== 0) {
    const number = String(port.port.nodePort);
    const add = (match: readonly string[], accounting: readonly string[]): void =>
      rules.nat(
        "KUBE-NODEPORTS",
        [...comment(name), ...protocolMatch(port), ...match, "--dport", number, ...accounting, "-j", chains.external],
        why(`its node port ${number}`),
      );
    if (any) {
      if (nodePorts.localhost && features.nfacct)
        add(["-d", "127.0.0.0/8"], ["-m", "nfacct", "--nfacct-name", "localhost_nps_accepted_pkts"]);
      add([], []);
    }
    addDead(["-m", "addrtype", "--dst-type", "LOCAL", ...protocolMatch(port), "--dport", number]);
  }
  if (port.healthCheckNodePort !== 0)
    rules.filter(
      "KUBE-NODEPORTS",
      [
        ...comment(`${name} health check node port`),
        "-m",
        "tcp",
        "-p",
        "tcp",
        "--dport",
        String(port.healthCheckNodePort),
        "-j",
        "ACCEPT",
      ],
      why("its health check node port is open"),
    );
}
