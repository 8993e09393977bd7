/**
 * Which endpoints a Service port has on a node: slices joined by port name and protocol, then ready ones, or where there
 * are none those that still serve while they terminate (KEP-1669), by traffic policy (KEP-2086) and hints.
 */
import type { Cause } from "../../cause.ts";
import type {
  Endpoint,
  EndpointSliceModel,
  ProxyInput,
  ServiceModel,
  ServicePort,
} from "../../kube/service/service.ts";
import { sloppyAddress } from "./sloppy-address.ts";

export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
  /** `10.180.0.1:80`, `[fd00::1]:80`. */
  readonly text: string;
  /** On the node of this kube-proxy. */
  readonly local: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hints?: Endpoint["hints"];
  readonly cause: Cause;
}

/** Slices by `namespace/service`. */
export type SliceIndex = ReadonlyMap<string, readonly EndpointSliceModel[]>;

export function indexSlices(input: ProxyInput): SliceIndex {
  const own = input.slices.filter((slice) => slice.family === input.family);
  return Map.groupBy(own, (slice) => `${slice.namespace}/${slice.service}`);
}

/** All endpoints of a Service port in kube-proxy's order, each address and port once. */
export function endpointsOf(
  input: ProxyInput,
  slices: SliceIndex,
  service: ServiceModel,
  port: ServicePort,
): readonly ProxyEndpoint[] {
  const found = new Map<string, ProxyEndpoint>();
  const add = (endpoint: Endpoint, number: number): void => {
    const [first] = endpoint.addresses;
    const address = first === undefined ? undefined : sloppyAddress(first, input.family);
    if (address === undefined) return;
    const text = input.family === "ipv6" ? `[${address}]:${number}` : `${address}:${number}`;
    const local = endpoint.nodeName !== undefined && endpoint.nodeName === input.nodeName;
    if (found.has(text) && !local) return;
    const { ready, serving, terminating, hints, cause } = endpoint;
    found.set(text, { address, port: number, text, local, ready, serving, terminating, hints, cause });
  };
  for (const slice of slices.get(`${service.namespace}/${service.name}`) ?? [])
    for (const slicePort of slice.ports)
      if (slicePort.name === port.name && slicePort.protocol === port.protocol)
        for (const endpoint of slice.endpoints) add(endpoint, slicePort.port);
  return [...found.values()].toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

export interface EndpointChoice {
  readonly cluster: readonly ProxyEndpoint[];
  readonly local: readonly ProxyEndpoint[];
  /** What traffic of this node can reach, by either policy. */
  readonly reachable: readonly ProxyEndpoint[];
  /** Usable endpoints anywhere. */
  readonly any: boolean;
}

const isReady = (endpoint: ProxyEndpoint): boolean => endpoint.ready;
const isDraining = (endpoint: ProxyEndpoint): boolean => endpoint.serving && endpoint.terminating;

/** Ready ones; if there are none, those that still serve while they terminate. */
function usable(endpoints: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
  const ready = endpoints.filter(isReady);
  return ready.length > 0 ? ready : endpoints.filter(isDraining);
}

/** Only those whose hints name this node, or else its zone; all of them where any has no hint or none is meant for here (KEP-2433, KEP-3015). */
function near(endpoints: readonly ProxyEndpoint[], input: ProxyInput): readonly ProxyEndpoint[] {
  if (endpoints.some((endpoint) => !endpoint.ready)) return endpoints;
  const hinted = (names: "forNodes" | "forZones", here: string | undefined): readonly ProxyEndpoint[] => {
    if (here === undefined || endpoints.some((endpoint) => (endpoint.hints?.[names] ?? []).length === 0)) return [];
    return endpoints.filter((endpoint) => endpoint.hints?.[names].includes(here) === true);
  };
  const onNode = hinted("forNodes", input.nodeName);
  if (onNode.length > 0) return onNode;
  const inZone = hinted("forZones", input.zone);
  return inZone.length > 0 ? inZone : endpoints;
}

/** `usesCluster`, `usesLocal`: which traffic policies the port has. */
export function chooseEndpoints(
  endpoints: readonly ProxyEndpoint[],
  usesCluster: boolean,
  usesLocal: boolean,
  input: ProxyInput,
): EndpointChoice {
  const everywhere = usable(endpoints);
  const cluster = usesCluster ? near(everywhere, input) : [];
  const local = usesLocal ? usable(endpoints.filter((endpoint) => endpoint.local)) : [];
  const reached = new Set([...cluster, ...local]);
  return {
    cluster,
    local,
    reachable: endpoints.filter((endpoint) => reached.has(endpoint)),
    any: usesCluster || usesLocal ? everywhere.length > 0 : false,
  };
}
