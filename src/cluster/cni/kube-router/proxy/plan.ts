/**
 * kube-router's service proxy on one node and in one family: virtual servers, and the addresses that kube-dummy-if has for them
 * (pkg/controllers/proxy/service_endpoints_sync.go).
 */
import { because, type Cause } from "../../../../cause.ts";
import type { ProxyInput, ServiceModel } from "../../../../kube/service/service.ts";
import { endpointsOf, indexSlices, type ProxyEndpoint } from "../../../kube-proxy/endpoints.ts";
import { serverAt, VirtualServers } from "../../../kube-proxy/ipvs/virtual-servers.ts";
import { servicePorts, type ServiceAddresses } from "../../../kube-proxy/service-ports.ts";
import { joinHostPort } from "../../../../net/host-port.ts";
import { Marks, type DirectPort } from "./direct.ts";
import { annotation, isDirect, schedulerOf } from "./services.ts";

/** Packets of an endpoint to itself by its Service. */
export interface Hairpin {
  readonly endpoint: string;
  readonly address: string;
  readonly port: number;
  readonly cause: Cause;
}

export interface RouterPlan {
  /** Of kube-dummy-if, without length. */
  readonly bound: ReadonlyMap<string, Cause>;
  readonly servers: VirtualServers;
  /** `10.96.0.1,tcp:443`. */
  readonly served: ReadonlySet<string>;
  readonly direct: readonly DirectPort[];
  readonly hairpins: readonly Hairpin[];
}

class Draft implements RouterPlan {
  readonly bound = new Map<string, Cause>();
  readonly servers = new VirtualServers();
  readonly served = new Set<string>();
  readonly direct: DirectPort[] = [];
  readonly hairpins: Hairpin[] = [];
  readonly #marks = new Marks();

  serve(one: ServiceAddresses, address: string, port: number, reals: readonly ProxyEndpoint[], cause: Cause): void {
    const { service, protocol, name } = one;
    this.served.add(`${address},${protocol}:${port}`);
    const { affinitySeconds } = service;
    const at = serverAt(protocol, address, port);
    this.servers.add({ at, ...schedulerOf(service), affinitySeconds, cause }, name, reals);
  }

  /** No device of the node has the address: packets are found by their mark. */
  serveDirectly(one: ServiceAddresses, address: string, reals: readonly ProxyEndpoint[], cause: Cause): void {
    const { service, protocol, name } = one;
    const { port } = one.port;
    const mark = this.#marks.of(address, protocol, port);
    this.served.add(`${address},${protocol}:${port}`);
    this.direct.push({ address, protocol, port, mark, cause });
    const at = `-f ${mark}${address.includes(":") ? " -6" : ""}`;
    const { affinitySeconds } = service;
    // IPVS changes no port there: ipvsadm writes that of the virtual server, which has none.
    const ends = reals.map((real) => ({ text: joinHostPort(real.address, 0), cause: real.cause }));
    this.servers.add({ at, ...schedulerOf(service), affinitySeconds, method: "tunnel", cause }, name, ends);
  }

  hairpin(own: readonly ProxyEndpoint[], addresses: readonly string[], port: number): void {
    for (const { address: endpoint, cause } of own)
      for (const address of addresses)
        this.hairpins.push({
          endpoint,
          address,
          port,
          cause: because(cause, "kube-router: reaches itself by its Service"),
        });
  }
}

function addPort(
  draft: Draft,
  input: ProxyInput,
  one: ServiceAddresses,
  all: readonly ProxyEndpoint[],
  nodeAddresses: readonly string[],
): void {
  const { service, port, name, clusterIP } = one;
  const why = (what: string): Cause => because(port.cause, `${name}: ${what}`);
  const own = all.filter(({ nodeName }) => nodeName === input.nodeName);
  const reals = (policy: ServiceModel["externalTrafficPolicy"]): readonly ProxyEndpoint[] =>
    policy === "Local" ? own : all;
  const isServed = (policy: ServiceModel["externalTrafficPolicy"]): boolean => policy === "Cluster" || own.length > 0;
  const { internalTrafficPolicy, externalTrafficPolicy } = service;
  if (isServed(internalTrafficPolicy)) {
    const cause = why("its cluster IP");
    draft.bound.set(clusterIP, cause);
    draft.serve(one, clusterIP, port.port, reals(internalTrafficPolicy), cause);
  }
  if (annotation(service, "hairpin") !== undefined) {
    draft.hairpin(own, [clusterIP], port.port);
    if (annotation(service, "hairpin.externalips") !== undefined) draft.hairpin(own, one.externalIPs, port.port);
    if (port.nodePort !== 0) draft.hairpin(own, input.nodeIPs.slice(0, 1), port.nodePort);
  }
  if (!isServed(externalTrafficPolicy)) return;
  const behind = reals(externalTrafficPolicy);
  if (port.nodePort !== 0)
    for (const address of nodeAddresses)
      draft.serve(one, address, port.nodePort, behind, why(`its node port ${port.nodePort}`));
  for (const address of [...one.externalIPs, ...one.loadBalancerIPs]) {
    const cause = why("an external address");
    if (isDirect(service)) {
      draft.serveDirectly(one, address, behind, cause);
      continue;
    }
    if (!input.nodeIPs.includes(address)) draft.bound.set(address, cause);
    draft.serve(one, address, port.port, behind, cause);
  }
}

/** `local`: the node's addresses as `nodeportBindonAllIP` takes them, the primary one first. */
export function planRouterProxy(input: ProxyInput, local: readonly string[]): RouterPlan {
  const draft = new Draft();
  const index = indexSlices(input);
  const nodeAddresses = input.proxy.nodePortAddresses === undefined ? input.nodeIPs.slice(0, 1) : local;
  for (const one of servicePorts(input)) {
    // Also those that end while others are ready.
    const all = endpointsOf(input, index, one.service, one.port).filter(({ ready, serving }) => ready || serving);
    addPort(draft, input, one, all, nodeAddresses);
  }
  return draft;
}
