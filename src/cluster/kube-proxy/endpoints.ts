/**
 * Which endpoints a Service port has on a node: slices joined by port name and protocol, then ready ones, or where there
 * are none those that still serve while they terminate (KEP-1669), by traffic policy (KEP-2086) and hints.
 */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type {
  Endpoint,
  EndpointSliceModel,
  ProxyInput,
  ServiceModel,
  ServicePort,
} from "../../kube/service/service.ts";
import { sloppyAddress } from "./sloppy-address.ts";
import { namespacedName } from "../../net/object-ref.ts";

export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
  /** `10.180.0.1:80`, `[fd00::1]:80`. */
  readonly text: string;
  readonly nodeName?: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hints?: Endpoint["hints"];
  readonly cause: Cause;
}

/** The slices of one family, and what has been computed from them: most of it is the same for the proxy of every node. */
export interface SliceIndex {
  /** By `namespace/service`. */
  readonly slices: ReadonlyMap<string, readonly EndpointSliceModel[]>;
  readonly endpoints: Map<ServicePort, readonly ProxyEndpoint[]>;
}

const indices = new WeakMap<ProxyInput["slices"], Map<Family, SliceIndex>>();

export function indexSlices({ slices, family }: Pick<ProxyInput, "slices" | "family">): SliceIndex {
  const families = indices.get(slices) ?? new Map<Family, SliceIndex>();
  indices.set(slices, families);
  let index = families.get(family);
  if (index === undefined) {
    const own = slices.filter((slice) => slice.family === family);
    index = { slices: Map.groupBy(own, (slice) => `${slice.namespace}/${slice.service}`), endpoints: new Map() };
    families.set(family, index);
  }
  return index;
}

/** All endpoints of a Service port in kube-proxy's order, each address and port once. */
export function endpointsOf(
  input: ProxyInput,
  index: SliceIndex,
  service: ServiceModel,
  port: ServicePort,
): readonly ProxyEndpoint[] {
  const known = index.endpoints.get(port);
  if (known !== undefined) return known;
  const { list, everywhere } = collect(input, index, service, port);
  if (everywhere) index.endpoints.set(port, list);
  return list;
}

/** `everywhere`: it is the same list on each node; not so where two nodes have an endpoint of one address and port. */
function collect(
  input: ProxyInput,
  index: SliceIndex,
  service: ServiceModel,
  port: ServicePort,
): { readonly list: readonly ProxyEndpoint[]; readonly everywhere: boolean } {
  const found = new Map<string, ProxyEndpoint>();
  let everywhere = true;
  const add = (endpoint: Endpoint, number: number): void => {
    const [first] = endpoint.addresses;
    const address = first === undefined ? undefined : sloppyAddress(first, input.family);
    if (address === undefined) return;
    const text = input.family === "ipv6" ? `[${address}]:${number}` : `${address}:${number}`;
    if (found.has(text)) {
      everywhere = false;
      if (!isLocal(endpoint, input)) return;
    }
    const { nodeName, ready, serving, terminating, hints, cause } = endpoint;
    found.set(text, { address, port: number, text, nodeName, ready, serving, terminating, hints, cause });
  };
  for (const slice of index.slices.get(namespacedName(service)) ?? [])
    for (const slicePort of slice.ports)
      if (slicePort.name === port.name && slicePort.protocol === port.protocol)
        for (const endpoint of slice.endpoints) add(endpoint, slicePort.port);
  const list = [...found.values()].toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return { list, everywhere };
}

function isLocal({ nodeName }: Pick<ProxyEndpoint, "nodeName">, input: ProxyInput): boolean {
  return nodeName !== undefined && nodeName === input.nodeName;
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

const usables = new WeakMap<readonly ProxyEndpoint[], readonly ProxyEndpoint[]>();

/** Ready ones; if there are none, those that still serve while they terminate. One result for each given list. */
function usable(endpoints: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
  const known = usables.get(endpoints);
  if (known !== undefined) return known;
  const ready = endpoints.filter(isReady);
  const found = ready.length > 0 ? ready : endpoints.filter(isDraining);
  usables.set(endpoints, found);
  return found;
}

/** Only those whose hints name this node, or else its zone; all of them where any has no hint or none is for here (KEP-2433, KEP-3015). */
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
  const local = usesLocal ? usable(endpoints.filter((endpoint) => isLocal(endpoint, input))) : [];
  const reached = new Set([...cluster, ...local]);
  return {
    cluster,
    local,
    reachable: usesLocal ? endpoints.filter((endpoint) => reached.has(endpoint)) : cluster,
    any: usesCluster || usesLocal ? everywhere.length > 0 : false,
  };
}
