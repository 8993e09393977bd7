/**
 * EndpointSlices from Services and pods, as the EndpointSlice controller makes them
 * (k8s.io/endpointslice: reconciler, utils; trafficdist for the hints), besides those in the lab file.
 */
import { addTo } from "../../append.ts";
import { sha1 } from "../../net/digest.ts";
import type { Family } from "../../net/family.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import type { PodModel } from "../pod/pod-model.ts";
import type { Endpoint, EndpointSliceModel, ServiceModel, ServicePort } from "../service/service.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** --max-endpoints-per-slice */
const MAX_ENDPOINTS = 100;
const ZONE = "topology.kubernetes.io/zone";

type SlicePort = EndpointSliceModel["ports"][number];

/** The number that a Service port has in a pod; undefined where the pod has no container port of that name and protocol. */
function targetPort(port: ServicePort, pod: PodModel): number | undefined {
  if (typeof port.targetPort === "number") return port.targetPort;
  for (const container of pod.containers) {
    for (const declared of container.ports) {
      if (declared.name === port.targetPort && declared.protocol.toUpperCase() === port.protocol) return declared.port;
    }
  }
  return undefined;
}

function slicePorts(service: ServiceModel, pod: PodModel): readonly SlicePort[] {
  return service.ports.flatMap((port) => {
    const number = targetPort(port, pod);
    return number === undefined ? [] : [{ name: port.name, port: number, protocol: port.protocol }];
  });
}

function endpoint(service: ServiceModel, pod: PodModel, address: string, zone: string | undefined): Endpoint {
  const named =
    pod.specHostname !== undefined &&
    pod.specHostname !== "" &&
    pod.subdomain === service.name &&
    pod.namespace === service.namespace;
  return {
    addresses: [address],
    ready: service.publishNotReadyAddresses || (pod.ready && pod.terminating !== true),
    serving: pod.ready,
    terminating: pod.terminating === true,
    nodeName: pod.node,
    ...(named ? { hostname: pod.specHostname } : {}),
    ...(zone === undefined ? {} : { zone }),
    pod: namespacedName(pod),
    cause: pod.cause,
  };
}

/** Hints only where all endpoints have a zone; PreferSameNode names the node besides (KEP-3015). */
function withHints(service: ServiceModel, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const { trafficDistribution } = service;
  if (trafficDistribution === undefined) return endpoints;
  const sameNode = trafficDistribution === "PreferSameNode";
  if (!sameNode && endpoints.some((one) => one.ready && one.zone === undefined)) return endpoints;
  return endpoints.map((one) =>
    one.ready
      ? {
          ...one,
          hints: {
            forZones: one.zone === undefined ? [] : [one.zone],
            forNodes: sameNode && one.nodeName !== undefined ? [one.nodeName] : [],
          },
        }
      : one,
  );
}

function sliceName(service: ServiceModel, key: string): string {
  const digest = sha1(`${namespacedName(service)} ${key}`)
    .toString("hex")
    .slice(0, 5);
  return `${service.name.slice(0, 57)}-${digest}`;
}

function sliceOfFamily(
  service: ServiceModel,
  family: Family,
  pods: readonly PodModel[],
  zones: ReadonlyMap<string, string>,
): EndpointSliceModel[] {
  const groups = new Map<string, { ports: readonly SlicePort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const address = pod.address[family];
    if (address === undefined) continue;
    const ports = slicePorts(service, pod);
    const key = JSON.stringify(ports);
    const made = endpoint(service, pod, address, zones.get(pod.node));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ports, endpoints: [made] });
    else group.endpoints.push(made);
  }
  // A Service without pods has one empty slice, as the controller leaves one.
  if (groups.size === 0) groups.set("[]", { ports: [], endpoints: [] });
  return [...groups].flatMap(([key, { ports, endpoints }]) => {
    const hinted = withHints(service, endpoints);
    return Array.from({ length: Math.max(1, Math.ceil(hinted.length / MAX_ENDPOINTS)) }, (_, i) => ({
      namespace: service.namespace,
      name: sliceName(service, `${family} ${key} ${i}`),
      service: service.name,
      family,
      ports,
      endpoints: hinted.slice(i * MAX_ENDPOINTS, (i + 1) * MAX_ENDPOINTS),
      cause: service.cause,
    }));
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const labelKey = (namespace: string, key: string, value: string): string => `${namespace} ${key}=${value}`;

/**
 * All slices of a cluster: those of Services with a selector from the pods that it matches, and the given ones unchanged.
 * Pure: call it again with other pods (scaled, or not ready any more) to get what changed. `nodes` have the zones.
 */
export function deriveSlices(
  services: readonly ServiceModel[],
  pods: readonly PodModel[],
  given: readonly EndpointSliceModel[],
  nodes: readonly ClusterNode[] = [],
): readonly EndpointSliceModel[] {
  const zones = new Map(
    nodes.flatMap((node) => (node.labels[ZONE] === undefined ? [] : [[node.name, node.labels[ZONE]] as const])),
  );
  const byLabel = new Map<string, PodModel[]>();
  for (const pod of pods) {
    for (const [key, value] of Object.entries(pod.labels)) addTo(byLabel, labelKey(pod.namespace, key, value), pod);
  }
  const derived = services.flatMap((service) => {
    if (service.selector === undefined || service.type === "ExternalName") return [];
    const [first, ...rest] = Object.entries(service.selector);
    const candidates = first === undefined ? [] : (byLabel.get(labelKey(service.namespace, ...first)) ?? []);
    const matching = candidates.filter((pod) => rest.every(([key, value]) => pod.labels[key] === value));
    return service.ipFamilies.flatMap((family) => sliceOfFamily(service, family, matching, zones));
  });
  return [...derived, ...given].toSorted(
    (a, b) => compareText(a.namespace, b.namespace) || compareText(a.service, b.service) || compareText(a.name, b.name),
  );
}
