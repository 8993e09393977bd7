/**
 * EndpointSlices from the Endpoints of Services without a selector, as the EndpointSliceMirroring controller makes them
 * (pkg/controller/endpointslicemirroring). Endpoints that it does not mirror have no effect, which is reported.
 */
import { sha1 } from "../../net/digest.ts";
import type { EndpointsAddress, EndpointsDocument, EndpointsSubset } from "./schema.ts";
import type { ClusterNode } from "../node/cluster-node.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { endpointPod, warnOfUnknownNode } from "../endpoint-slice/resolve-slice.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { Endpoint, EndpointSliceModel, ServiceModel } from "../service/service.ts";
import type { ServiceProtocol } from "../../net/protocol.ts";

export interface EndpointsInput {
  readonly object: EndpointsDocument;
  readonly scope: Scope;
}

/** --mirroring-max-endpoints-per-subset */
const MAX_ADDRESSES = 1000;
const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";

type SlicePort = EndpointSliceModel["ports"][number];

interface Draft {
  readonly family: EndpointSliceModel["family"];
  readonly ports: readonly SlicePort[];
  /** By address, hostname and target, as the controller's set of endpoints. */
  readonly endpoints: Map<string, Endpoint>;
}

/** Why the controller leaves it alone, and what to do; undefined when it is mirrored. */
function reasonNot(
  { metadata }: EndpointsDocument,
  namespace: string,
  services: readonly ServiceModel[],
): { readonly why: string; readonly hint?: string | undefined } | undefined {
  const { name, labels, annotations } = metadata;
  if (labels?.[SKIP_MIRROR] === "true") return { why: `label ${SKIP_MIRROR} is set`, hint: "remove the label" };
  if (annotations?.[LEADER] !== undefined) return { why: `annotation ${LEADER} says that they are a lock` };
  if (namespace === "default" && name === "kubernetes")
    return { why: "the API server writes those of default/kubernetes itself" };
  const service = services.find((one) => one.namespace === namespace && one.name === name);
  if (service === undefined) {
    const names = services.filter((one) => one.namespace === namespace).map((one) => one.name);
    const hint = didYouMean(name, names, `Services in ${namespace}`);
    return { why: `there is no Service ${namespace}/${name}`, hint };
  }
  if (service.selector === undefined) return undefined;
  return {
    why: `Service ${namespace}/${name} has a selector, and the Endpoints controller overwrites them with its pods`,
    hint: "remove the Service's selector to set its endpoints yourself, or remove the Endpoints",
  };
}

function addAddress(
  drafts: Map<string, Draft>,
  ports: readonly SlicePort[],
  one: EndpointsAddress,
  ready: boolean,
  input: { readonly who: string; readonly namespace: string; readonly scope: Scope },
): void {
  const parsed = parseLegacyAddress(one.ip);
  if (parsed === undefined) return;
  const { family } = parsed.address;
  const key = JSON.stringify([family, ports]);
  let draft = drafts.get(key);
  if (draft === undefined) drafts.set(key, (draft = { family, ports, endpoints: new Map() }));
  const hostname = one.hostname ?? "";
  const pod = endpointPod(one.targetRef, input.namespace);
  draft.endpoints.set(JSON.stringify([parsed.text, hostname, one.targetRef?.namespace, one.targetRef?.name]), {
    addresses: [parsed.text],
    ready,
    serving: ready,
    terminating: false,
    ...((one.nodeName ?? "") === "" ? {} : { nodeName: one.nodeName ?? "" }),
    ...(hostname === "" ? {} : { hostname }),
    ...(pod === undefined ? {} : { pod }),
    cause: input.scope.cause(input.who, `endpoint ${parsed.text}`),
  });
}

function addSubset(
  drafts: Map<string, Draft>,
  subset: EndpointsSubset,
  input: { readonly who: string; readonly namespace: string; readonly scope: Scope },
  nodes: readonly ClusterNode[],
): void {
  const ports = (subset.ports ?? []).map(({ name, port, protocol }) => ({
    name: name ?? "",
    port,
    protocol: (protocol ?? "TCP") as ServiceProtocol,
  }));
  const all = [
    ...(subset.addresses ?? []).map((one, i) => ({ one, ready: true, scope: input.scope.at("addresses", i) })),
    ...(subset.notReadyAddresses ?? []).map((one, i) => ({
      one,
      ready: false,
      scope: input.scope.at("notReadyAddresses", i),
    })),
  ];
  if (all.length > MAX_ADDRESSES)
    input.scope.warn(
      `only ${MAX_ADDRESSES} of ${all.length} addresses are mirrored to an EndpointSlice`,
      "split them across several subsets, or give EndpointSlices",
    );
  for (const { one, ready, scope } of all.slice(0, MAX_ADDRESSES)) {
    warnOfUnknownNode(one.nodeName, nodes, scope.at("nodeName"));
    addAddress(drafts, ports, one, ready, { ...input, scope });
  }
}

export function mirrorEndpoints(
  inputs: readonly EndpointsInput[],
  services: readonly ServiceModel[],
  nodes: readonly ClusterNode[],
): readonly EndpointSliceModel[] {
  return inputs.flatMap(({ object, scope }) => {
    const namespace = object.metadata.namespace ?? "default";
    const { name } = object.metadata;
    const who = `Endpoints ${namespace}/${name}`;
    const not = reasonNot(object, namespace, services);
    if (not !== undefined) {
      scope.at("metadata", "name").warn(`${who} have no effect: ${not.why}`, not.hint);
      return [];
    }
    const drafts = new Map<string, Draft>();
    for (const [i, subset] of (object.subsets ?? []).entries())
      addSubset(drafts, subset, { who, namespace, scope: scope.at("subsets", i) }, nodes);
    return [...drafts].map(([key, { family, ports, endpoints }]) => ({
      namespace,
      name: `${name.slice(0, 57)}-${sha1(`${namespace}/${name} ${key}`).toString("hex").slice(0, 5)}`,
      service: name,
      family,
      ports,
      endpoints: [...endpoints.values()],
      cause: scope.at("metadata", "name").cause(who, `endpoints of Service ${name}, mirrored`),
    }));
  });
}
