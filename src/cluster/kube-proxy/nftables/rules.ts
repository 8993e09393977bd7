/**
 * kube-proxy's nftables mode on one node and in one family: upstream's table `kube-proxy` with its chains, sets, maps and
 * rules (kubernetes pkg/proxy/nftables; ground truth 1.9), each with the manifest line that caused it.
 */
import type { ProxyInput } from "../../../kube/service/service.ts";
import type { NftObject } from "../../../resources/nft-table.ts";
import { because, type Cause } from "../../../cause.ts";
import { nftablesName } from "../chain-names.ts";
import type { ProxyEndpoint } from "../endpoints.ts";
import { NftDraft } from "./draft.ts";
import { addStaticTable } from "./static.ts";
import { nodePortAddresses, proxiedPorts, type ProxiedPort } from "../service-ports.ts";
import { holds } from "../sloppy-address.ts";
import { namespacedName } from "../../../net/object-ref.ts";

interface Names {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

interface Shared {
  readonly input: ProxyInput;
  readonly draft: NftDraft;
  /** `ip` or `ip6`. */
  readonly ip: string;
}

function portBase({ service, protocol, port }: ProxiedPort): string {
  return `${namespacedName(service)}/${protocol}/${port.name}`;
}

function endpointName(kind: "endpoint" | "affinity", port: ProxiedPort, endpoint: ProxyEndpoint): string {
  return nftablesName(kind, `${portBase(port)}__${endpoint.address.replaceAll(":", ".")}/${endpoint.port}`);
}

/** Map elements: which destinations are this port's, and which chain or which end they meet. */
function addElements({ draft }: Shared, port: ProxiedPort, names: Names): void {
  const { any } = port.endpoints;
  const why = (reason: string): Cause => because(port.port.cause, `${port.name}: ${reason}`);
  const key = (address: string): string => `${address} . ${port.protocol} . ${port.port.port}`;
  const end = (local: boolean): string => (any && local ? "drop" : "goto reject-chain");
  const comment = ` comment "${port.name}"`;
  const dead = (map: string, at: string, local: boolean): void =>
    draft.element(
      map,
      at,
      `${comment} : ${end(local)}`,
      why(any ? "no endpoint on this node, as the traffic policy requires" : "no endpoint"),
    );

  draft.element("cluster-ips", port.clusterIP, "", why("its cluster IP"));
  const internal = port.internalLocal ? names.local : names.cluster;
  if (port.internal) draft.element("service-ips", key(port.clusterIP), ` : goto ${internal}`, why("its cluster IP"));
  else dead("no-endpoint-services", key(port.clusterIP), port.internalLocal);

  const guarded = port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0;
  const frontends = [
    ...port.externalIPs.map((address) => ({ address, what: "an external IP", guarded: false })),
    ...port.loadBalancerIPs.map((address) => ({ address, what: "its load balancer address", guarded })),
  ];
  for (const { address, what, guarded: behindFirewall } of frontends) {
    if (any) draft.element("service-ips", key(address), ` : goto ${names.external}`, why(what));
    if (behindFirewall)
      draft.element("firewall-ips", key(address), ` : goto ${names.firewall}`, why("loadBalancerSourceRanges"));
    if (!port.external) dead("no-endpoint-services", key(address), port.externalLocal);
  }
  if (port.port.nodePort !== 0) {
    const at = `${port.protocol} . ${port.port.nodePort}`;
    if (any) draft.element("service-nodeports", at, ` : goto ${names.external}`, why("its node port"));
    if (!port.external) dead("no-endpoint-nodeports", at, port.externalLocal);
  }
}

function addInternal({ input, draft, ip }: Shared, port: ProxiedPort, names: Names): void {
  const everybody = input.proxy.masqueradeAll;
  if (!port.internal || (!everybody && input.podCIDR === undefined)) return;
  const from = everybody ? "" : `${ip} saddr != ${input.podCIDR} `;
  draft.rule(
    port.internalLocal ? names.local : names.cluster,
    `${ip} daddr ${port.clusterIP} ${from}jump mark-for-masquerade`,
    because(
      port.port.cause,
      `${port.name}: ${everybody ? "masqueradeAll" : "traffic from outside the pods must be answered through this node"}`,
    ),
  );
}

function addExternal({ input, draft, ip }: Shared, port: ProxiedPort, names: Names): void {
  if (!port.usesExternal) return;
  const add = (text: string, reason: string): void =>
    draft.rule(names.external, text, because(port.port.cause, `${port.name}: ${reason}`));
  if (!port.externalLocal)
    add("jump mark-for-masquerade", "an endpoint of any node may answer, so answers must come back here");
  else {
    if (input.podCIDR !== undefined)
      add(
        `${ip} saddr ${input.podCIDR} goto ${names.cluster} comment "short-circuit pod traffic"`,
        "pods get any endpoint, as through an outside load balancer",
      );
    add(
      'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
      "the node's own traffic is masqueraded",
    );
    add(
      `fib saddr type local goto ${names.cluster} comment "short-circuit local traffic"`,
      "the node's own traffic gets any endpoint",
    );
  }
  if (port.external)
    add(
      `goto ${port.externalLocal ? names.local : names.cluster}`,
      `externalTrafficPolicy ${port.externalLocal ? "Local: endpoints of this node" : "Cluster: any endpoint"}`,
    );
}

function addFirewall({ input, draft, ip }: Shared, port: ProxiedPort, names: Names): void {
  if (port.loadBalancerIPs.length === 0 || port.sourceRanges.length === 0) return;
  const [nodeIP] = input.nodeIPs;
  const fromNode = nodeIP !== undefined && port.sourceRanges.some((range) => holds(range, nodeIP));
  const sources = [...port.sourceRanges, ...(fromNode ? port.loadBalancerIPs : [])];
  draft.rule(
    names.firewall,
    `${ip} saddr != { ${sources.join(" , ")} } drop`,
    because(port.service.cause, `${port.name}: loadBalancerSourceRanges allows no other source`),
  );
}

/** Affinity first, then chance: every endpoint equally likely. */
function addBalancing(
  { draft, ip }: Shared,
  port: ProxiedPort,
  chain: string,
  endpoints: readonly ProxyEndpoint[],
): void {
  if (port.service.affinitySeconds !== undefined)
    for (const endpoint of endpoints)
      draft.rule(
        chain,
        `${ip} saddr @${endpointName("affinity", port, endpoint)} goto ${endpointName("endpoint", port, endpoint)}`,
        because(port.service.cause, `${port.name}: sessionAffinity ClientIP`),
      );
  const ways = endpoints.map((endpoint, index) => `${index} : goto ${endpointName("endpoint", port, endpoint)}`);
  draft.rule(
    chain,
    `numgen random mod ${endpoints.length} vmap { ${ways.join(" , ")} }`,
    because(port.port.cause, `${port.name}: one of ${endpoints.length} endpoints at random`),
  );
}

function addEndpoint({ input, draft, ip }: Shared, port: ProxiedPort, endpoint: ProxyEndpoint): void {
  const chain = endpointName("endpoint", port, endpoint);
  const add = (text: string, reason: string): void =>
    draft.rule(chain, text, because(endpoint.cause, `${port.name}: ${reason}`));
  add(
    `${ip} saddr ${endpoint.address} jump mark-for-masquerade`,
    "an endpoint that reaches itself must get answers back through the node",
  );
  const { affinitySeconds } = port.service;
  if (affinitySeconds !== undefined) {
    const set = endpointName("affinity", port, endpoint);
    draft.set({
      kind: "set",
      name: set,
      type: input.family === "ipv6" ? "ipv6_addr" : "ipv4_addr",
      flags: ["dynamic", "timeout"],
      timeout: affinitySeconds,
    });
    add(`update @${set} { ${ip} saddr }`, "sessionAffinity remembers the client");
  }
  add(`meta l4proto ${port.protocol} dnat to ${endpoint.text}`, `the endpoint ${endpoint.text}`);
}

function addPort(shared: Shared, port: ProxiedPort): void {
  const name = (kind: "service" | "local" | "external" | "firewall"): string => nftablesName(kind, portBase(port));
  const names = {
    cluster: name("service"),
    local: name("local"),
    external: name("external"),
    firewall: name("firewall"),
  };
  addElements(shared, port, names);
  addInternal(shared, port, names);
  addExternal(shared, port, names);
  addFirewall(shared, port, names);
  if (port.usesCluster) addBalancing(shared, port, names.cluster, port.endpoints.cluster);
  if (port.usesLocal) addBalancing(shared, port, names.local, port.endpoints.local);
  for (const endpoint of port.endpoints.reachable) addEndpoint(shared, port, endpoint);
}

/** All of the table `kube-proxy` of one family. */
export function planProxyNftables(input: ProxyInput): readonly NftObject[] {
  const draft = new NftDraft();
  const [primary] = input.nodeIPs;
  // Without a wish only the node's primary address answers (--nodeport-addresses primary).
  const ranges = input.proxy.nodePortAddresses ?? (primary === undefined ? undefined : [hostPrefix(primary)]);
  addStaticTable(draft, input, nodePortAddresses(input, ranges));
  const shared: Shared = { input, draft, ip: input.family === "ipv6" ? "ip6" : "ip" };
  for (const port of proxiedPorts(input).ports) addPort(shared, port);
  return draft.objects;
}

function hostPrefix(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}
