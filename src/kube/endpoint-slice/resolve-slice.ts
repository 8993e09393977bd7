/** EndpointSlices in the lab file, and the one of default/kubernetes. */
import type { EndpointSliceDocument } from "./schema.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { Endpoint, EndpointSliceModel, ServiceModel } from "../service/service.ts";
import type { ServiceProtocol } from "../../net/protocol.ts";

const SERVICE_NAME = "kubernetes.io/service-name";

export interface SliceInput {
  readonly object: EndpointSliceDocument;
  readonly scope: Scope;
}

/** `NAMESPACE/NAME` of the pod that an endpoint refers to. */
export function endpointPod(
  targetRef: NonNullable<EndpointSliceDocument["endpoints"]>[number]["targetRef"],
  namespace: string,
): string | undefined {
  return targetRef?.kind === "Pod" && targetRef.name !== undefined
    ? `${targetRef.namespace ?? namespace}/${targetRef.name}`
    : undefined;
}

function resolveEndpoint(
  doc: NonNullable<EndpointSliceDocument["endpoints"]>[number],
  object: string,
  namespace: string,
  scope: Scope,
): Endpoint {
  const { conditions, hostname, nodeName, zone, targetRef, hints } = doc;
  const addresses = (doc.addresses ?? []).flatMap((text) => parseLegacyAddress(text)?.text ?? []);
  const ready = conditions?.ready ?? true;
  const pod = endpointPod(targetRef, namespace);
  return {
    addresses,
    ready,
    serving: conditions?.serving ?? ready,
    terminating: conditions?.terminating ?? false,
    ...((nodeName ?? "") === "" ? {} : { nodeName: nodeName ?? "" }),
    ...((hostname ?? "") === "" ? {} : { hostname: hostname ?? "" }),
    ...((zone ?? "") === "" ? {} : { zone: zone ?? "" }),
    ...(hints === undefined || hints === null
      ? {}
      : {
          hints: {
            forZones: (hints.forZones ?? []).map(({ name }) => name),
            forNodes: (hints.forNodes ?? []).map(({ name }) => name),
          },
        }),
    ...(pod === undefined ? {} : { pod }),
    cause: scope.cause(object, `endpoint ${addresses[0] ?? ""}`),
  };
}

export function warnOfUnknownNode(
  nodeName: string | null | undefined,
  nodes: readonly ClusterNode[],
  scope: Scope,
): void {
  if ((nodeName ?? "") === "" || nodes.some((node) => node.name === nodeName)) return;
  scope.warn(
    `there is no node "${nodeName}": the endpoint is not local to any node`,
    didYouMean(
      nodeName ?? "",
      nodes.map((node) => node.name),
      "nodes",
    ),
  );
}

/** Slices as they are written; one that does not belong to a Service has no effect, which is reported. */
export function resolveSlices(
  inputs: readonly SliceInput[],
  services: readonly ServiceModel[],
  nodes: readonly ClusterNode[],
): readonly EndpointSliceModel[] {
  return inputs.flatMap(({ object, scope }): readonly EndpointSliceModel[] => {
    const { metadata, addressType } = object;
    const namespace = metadata.namespace ?? "default";
    const service = metadata.labels?.[SERVICE_NAME] ?? "";
    const names = services.filter((one) => one.namespace === namespace).map((one) => one.name);
    if (service === "") {
      scope
        .at("metadata")
        .warn(
          `EndpointSlice ${namespace}/${metadata.name} does not belong to a Service`,
          `add the label ${SERVICE_NAME}: NAME`,
        );
    } else if (!names.includes(service)) {
      scope
        .at("metadata", "labels", SERVICE_NAME)
        .warn(
          `EndpointSlice ${namespace}/${metadata.name} belongs to a Service that does not exist: "${service}"`,
          didYouMean(service, names, `Services in ${namespace}`),
        );
    }
    if (addressType !== "IPv4" && addressType !== "IPv6") {
      scope
        .at("addressType")
        .warn(
          "kube-proxy does not use endpoints that are names",
          "write addressType: IPv4 and addresses, or a Service of type ExternalName",
        );
      return [];
    }
    const who = `EndpointSlice ${namespace}/${metadata.name}`;
    const endpoints = (object.endpoints ?? []).map((one, i) => {
      const place = scope.at("endpoints", i);
      warnOfUnknownNode(one.nodeName, nodes, place.at("nodeName"));
      return resolveEndpoint(one, who, namespace, place);
    });
    return [
      {
        namespace,
        name: metadata.name,
        service,
        family: addressType === "IPv4" ? "ipv4" : "ipv6",
        ports: (object.ports ?? []).flatMap((port) =>
          typeof port.port === "number"
            ? [{ name: port.name ?? "", port: port.port, protocol: (port.protocol ?? "TCP") as ServiceProtocol }]
            : [],
        ),
        endpoints: endpoints.filter((one) => one.addresses.length > 0),
        cause: scope.at("metadata", "name").cause(who, `endpoints of Service ${service}`),
      },
    ];
  });
}

export const isApiSlice = ({ namespace, service }: EndpointSliceModel): boolean =>
  namespace === "default" && service === "kubernetes";

/** The API server does not exist, but its endpoint does, unless a file has another: the first node, port 6443. */
export function apiSlices(
  services: readonly ServiceModel[],
  nodes: readonly ClusterNode[],
): readonly EndpointSliceModel[] {
  const service = services.find((one) => one.namespace === "default" && one.name === "kubernetes");
  const [node] = nodes;
  const family = service?.ipFamilies[0];
  const address = family === undefined ? undefined : node?.address[family];
  if (service === undefined || family === undefined || address === undefined) return [];
  const endpoint: Endpoint = {
    addresses: [address],
    ready: true,
    serving: true,
    terminating: false,
    cause: service.cause,
  };
  return [
    {
      namespace: "default",
      name: "kubernetes",
      service: "kubernetes",
      family,
      ports: [{ name: "https", port: 6443, protocol: "TCP" }],
      endpoints: [endpoint],
      cause: service.cause,
    },
  ];
}
