/** How Services are implemented on the nodes: `spec.cluster.kubeProxy`, and each node's own. */
import type { ClusterDocument, KubeProxyDocument } from "./schema.ts";
import { formatPrefix } from "../net/address.ts";
import { listEntries, readPrefix } from "../syntax/address-field.ts";
import type { NetworkPlugin } from "./cni/plugin.ts";
import { DEFAULT_PROXY_MODE, engineOf, proxyMode } from "./kube-proxy/modes.ts";
import { nodeObject } from "./resolve-cluster-nodes.ts";
import type { ClusterNode } from "../kube/node/cluster-node.ts";
import type { Scope } from "../syntax/scope.ts";
import type { KubeProxySpec } from "../kube/service/service.ts";

/** The network plugin's own proxy, which runs instead of kube-proxy; undefined: kube-proxy runs. `scope`: of the cluster. */
export function resolveServiceProxy(
  { name, serviceProxy }: NetworkPlugin,
  doc: ClusterDocument,
  scope: Scope,
  object: string,
): KubeProxySpec | undefined {
  const settings = serviceProxy?.settings(doc.cni ?? {});
  if (serviceProxy === undefined || settings === undefined) return undefined;
  const refuse = (place: Scope): void =>
    place.keyError(
      `kube-proxy does not run here: ${name}'s service proxy implements Services`,
      "remove it, or the plugin's proxy",
    );
  if (doc.kubeProxy !== undefined) refuse(scope.at("kubeProxy"));
  for (const [i, node] of doc.nodes.entries())
    if (typeof node !== "string" && node.kubeProxy !== undefined) refuse(scope.at("nodes", i, "kubeProxy"));
  return {
    ...settings,
    mode: serviceProxy.mode.name,
    cause: scope.at("cni").cause(`${object}.cni`, `${name}'s service proxy`),
  };
}

/** `base`: the cluster's settings, for a node that changes some of them. */
export function resolveKubeProxy(
  doc: KubeProxyDocument | undefined,
  scope: Scope,
  object: string,
  base?: KubeProxySpec,
): KubeProxySpec {
  const fields = typeof doc === "string" ? { mode: doc } : (doc ?? {});
  const nodePortAddresses = listEntries(fields.nodePortAddresses, scope.at("nodePortAddresses")).flatMap(
    ({ text, scope: place }) => {
      const prefix = readPrefix(text, place);
      return prefix === undefined ? [] : [formatPrefix(prefix)];
    },
  );
  const mode = fields.mode ?? base?.mode ?? DEFAULT_PROXY_MODE;
  const engine = engineOf({ mode });
  if (fields.localhostNodePorts === true && engine !== "iptables") {
    scope
      .at("localhostNodePorts")
      .warn(
        `localhostNodePorts has no effect in mode ${mode}`,
        "only iptables mode answers on 127.0.0.1, and only in IPv4",
      );
  }
  if (fields.ipvs !== undefined && engine !== "ipvs")
    scope.at("ipvs").warn(`ipvs has no effect in mode ${mode}`, "these settings are those of mode: ipvs");
  const scheduler = fields.ipvs?.scheduler ?? base?.ipvs?.scheduler ?? "rr";
  const strictARP = fields.ipvs?.strictARP ?? base?.ipvs?.strictARP ?? false;
  const addresses = fields.nodePortAddresses === undefined ? base?.nodePortAddresses : nodePortAddresses;
  const conntrackCleanup = fields.conntrackCleanup ?? base?.conntrackCleanup;
  const tcpBeLiberal = fields.tcpBeLiberal ?? base?.tcpBeLiberal;
  return {
    mode,
    masqueradeAll: fields.masqueradeAll ?? base?.masqueradeAll ?? false,
    ...(addresses === undefined ? {} : { nodePortAddresses: addresses }),
    localhostNodePorts: fields.localhostNodePorts ?? base?.localhostNodePorts ?? true,
    ...(conntrackCleanup === undefined ? {} : { conntrackCleanup }),
    ...(engine === "ipvs" ? { ipvs: { scheduler, strictARP } } : {}),
    ...(tcpBeLiberal === undefined ? {} : { tcpBeLiberal }),
    cause: scope.cause(object, `kube-proxy in mode ${mode}`),
  };
}

/** Nodes with kube-proxy settings of their own. `scope`: of the list of nodes. */
export function resolveNodeProxies(
  docs: ClusterDocument["nodes"],
  nodes: readonly ClusterNode[],
  base: KubeProxySpec,
  scope: Scope,
  cluster?: string,
): readonly ClusterNode[] {
  if (proxyMode(base).own === true) return nodes;
  return nodes.map((node) => {
    const i = docs.findIndex((one) => typeof one !== "string" && one.name === node.name);
    const own = docs[i];
    if (own === undefined || typeof own === "string" || own.kubeProxy === undefined) return node;
    return {
      ...node,
      kubeProxy: resolveKubeProxy(own.kubeProxy, scope.at(i, "kubeProxy"), nodeObject(cluster, node.name), base),
    };
  });
}

/** With IPVS a Service's address is the node's own, so a packet to it never passes the rules before translation. */
export function checkPolicyPlace(
  plugin: NetworkPlugin,
  base: KubeProxySpec,
  nodes: readonly ClusterNode[],
  scope: Scope,
): void {
  if (!plugin.switches.beforeDNAT || !nodes.some((node) => engineOf(node.kubeProxy ?? base) === "ipvs")) return;
  scope.error(
    `NetworkPolicies of ${plugin.name} are enforced before Services are translated, which does not work with kube-proxy in mode ipvs`,
    "choose mode iptables or nftables, or leave the policies out",
  );
}

/** A process carries connections to Services: policies see the node as the client, and a pod's own node is always let in. */
export function warnOfHiddenClients(base: KubeProxySpec, nodes: readonly ClusterNode[], scope: Scope): void {
  if (!nodes.some((node) => engineOf(node.kubeProxy ?? base) === "userspace")) return;
  scope.warn(
    "kube-proxy in userspace mode hides clients from NetworkPolicies: traffic through a Service comes from a node",
    "choose another mode if policies must apply to Services too; between pods they apply in every mode",
  );
}
