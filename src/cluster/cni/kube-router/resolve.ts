/** kube-router's settings: defaults, and what cannot be built. */
import type * as z from "zod";
import { formatPrefix } from "../../../net/address.ts";
import { listEntries, readPrefix } from "../../../syntax/address-field.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { NetworkFacts } from "../plugin.ts";
import { resolveBgp } from "./bgp/resolve.ts";
import type { KubeRouterModel, kubeRouterSchema, Overlay, RouterProxy, ServiceRanges } from "./model.ts";

export type KubeRouterDocument = z.infer<ReturnType<typeof kubeRouterSchema>>;

/** --overlay-encap-port, and what it may be (pkg/tunnels/linux_tunnels.go). */
const DEFAULT_PORT = 5555;
const MIN_PORT = 1024;

function resolveOverlay(doc: KubeRouterDocument, scope: Scope): Overlay | undefined {
  if (doc.enableOverlay === false) {
    for (const key of ["overlayType", "overlayEncap", "overlayEncapPort"] as const)
      if (doc[key] !== undefined)
        scope.at(key).keyError(`${key} has no meaning without overlay`, "remove it, or enableOverlay: false");
    return undefined;
  }
  const isUdp = doc.overlayEncap === "fou";
  const port = doc.overlayEncapPort ?? DEFAULT_PORT;
  if (!isUdp && doc.overlayEncapPort !== undefined)
    scope
      .at("overlayEncapPort")
      .keyError("overlayEncapPort has no meaning with overlayEncap: ipip", "remove it, or overlayEncap: fou");
  if (port < MIN_PORT)
    scope
      .at("overlayEncapPort")
      .error(
        `specified encap port is out of range of valid ports: ${port}, valid range is from ${MIN_PORT} to 65535`,
        `default is ${DEFAULT_PORT}`,
      );
  return { type: doc.overlayType ?? "subnet", ...(isUdp ? { port } : {}) };
}

/** What means something for the service proxy alone. */
const PROXY_FIELDS = ["masqueradeAll", "hairpinMode", "nodeportBindonAllIP"] as const;

function resolveProxy(doc: KubeRouterDocument, scope: Scope): RouterProxy | undefined {
  if (doc.runServiceProxy === true) return { hairpin: doc.hairpinMode ?? false };
  for (const key of PROXY_FIELDS)
    if (doc[key] !== undefined)
      scope.at(key).keyError(`${key} has no meaning without the service proxy`, "remove it, or runServiceProxy: true");
  return undefined;
}

function resolveRanges(doc: KubeRouterDocument, { loadBalancer }: NetworkFacts, scope: Scope): ServiceRanges {
  const ranges = (key: "serviceExternalIPRange" | "loadbalancerIPRange"): readonly string[] | undefined =>
    doc[key] &&
    listEntries(doc[key], scope.at(key)).flatMap(({ text, scope: place }) => {
      const prefix = readPrefix(text, place);
      return prefix === undefined ? [] : [formatPrefix(prefix)];
    });
  const isUsed = doc.runServiceProxy === true || doc.advertiseLoadbalancerIP === true;
  const usual = isUsed ? loadBalancer.map(formatPrefix) : [];
  return {
    strict: doc.strictExternalIPValidation ?? true,
    externalIPs: ranges("serviceExternalIPRange") ?? [],
    loadBalancerIPs: ranges("loadbalancerIPRange") ?? usual,
  };
}

/** Without a tunnel only the router could lead from one subnet to another: kube-router writes no route there. */
function checkReach(overlay: Overlay | undefined, { switches, flat }: NetworkFacts, scope: Scope): void {
  if (overlay !== undefined || switches.length < 2 || flat) return;
  scope
    .at("enableOverlay")
    .error(
      `kube-router writes no routes between subnets without overlay, and there are ${switches.length}: ${switches.map((one) => one.name).join(", ")}`,
      "the router between them must know pods: set flat: true, or enableOverlay: true",
    );
}

export function resolveKubeRouter(doc: KubeRouterDocument, facts: NetworkFacts, scope: Scope): KubeRouterModel {
  const overlay = resolveOverlay(doc, scope);
  checkReach(overlay, facts, scope);
  const proxy = resolveProxy(doc, scope);
  const cause = scope.cause("spec.cluster.cni", "kube-router");
  const spansSubnets = facts.switches.length > 1;
  return {
    plugin: "kube-router",
    ...(overlay === undefined ? {} : { overlay }),
    tunnels: overlay !== undefined && (overlay.type === "full" ? facts.nodes.length > 1 : spansSubnets),
    podEgress: doc.enablePodEgress ?? true,
    defaultDeny: doc.netpolDefaultDeny ?? false,
    ...(proxy === undefined ? {} : { proxy }),
    serviceRanges: resolveRanges(doc, facts, scope),
    bgp: resolveBgp(doc, facts, scope, cause),
    ...(doc.mtu === undefined ? {} : { mtu: doc.mtu }),
    cause,
  };
}
