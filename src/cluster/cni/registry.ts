/** Network plugins by the name that `spec.cluster.cni.plugin` gives them: a new one is a folder and a line here. */
import type { ServiceModel } from "../../kube/service/service.ts";
import type { Family } from "../../net/family.ts";
import type { ClusterModel } from "../cluster.ts";
import type { ProxyMode } from "../kube-proxy/mode.ts";
import type { CniModel, NetworkPlugin } from "./plugin.ts";
import { calico } from "./calico/calico.ts";
import { cni } from "./cni/cni.ts";
import { flannel } from "./flannel/flannel.ts";
import { kindnet } from "./kindnet/kindnet.ts";
import { kubeRouter } from "./kube-router/kube-router.ts";
import { vpc } from "./vpc/vpc.ts";

const PLUGINS: Readonly<Record<string, NetworkPlugin>> = {
  flannel,
  kindnet,
  calico,
  vpc,
  "kube-router": kubeRouter,
  cni,
};

/** All plugins; the first is what a lab file without `plugin` gets. */
export const NETWORK_PLUGINS: ReadonlyMap<string, NetworkPlugin> = new Map(Object.entries(PLUGINS));

/** Those that enforce policies of an API group, other than Kubernetes' own. */
export function enforcersOf(group: string): readonly NetworkPlugin[] {
  return [...NETWORK_PLUGINS.values()].filter(({ policyApis = [] }) => policyApis.includes(group));
}

/** The plugin of a cluster. Throws TypeError for a name that no lab file can have. */
export function networkPlugin({ cni }: { readonly cni: Pick<CniModel, "plugin"> }): NetworkPlugin {
  return pluginNamed(cni.plugin);
}

/** The proxy for Services that a plugin runs in place of kube-proxy, by the name of its mode. */
export function ownProxyMode(name: string): ProxyMode | undefined {
  return [...NETWORK_PLUGINS.values()]
    .flatMap(({ serviceProxy }) => serviceProxy?.mode ?? [])
    .find((one) => one.name === name);
}

/** Services as the cluster's proxy understands them. */
export function proxiedServices(
  cluster: Pick<ClusterModel, "cni" | "kubeProxy" | "services">,
): readonly ServiceModel[] {
  const { serviceProxy } = networkPlugin(cluster);
  return serviceProxy?.mode.name === cluster.kubeProxy.mode ? serviceProxy.services(cluster) : cluster.services;
}

/** Everything on the underlay reaches pods by their addresses: the router has routes to them, or they are of its subnets. */
export function podsAreRouted(cluster: Pick<ClusterModel, "cni" | "flat">): boolean {
  return cluster.flat === true || networkPlugin(cluster).podRange !== undefined;
}

/** kube-proxy's --cluster-cidr: what comes from elsewhere to a cluster IP is masqueraded. Where pods are on the underlay it has none, as in EKS. */
export function clusterCIDR(cluster: Pick<ClusterModel, "cni" | "podCIDR">, family: Family): string | undefined {
  return networkPlugin(cluster).podRange === undefined ? cluster.podCIDR[family] : undefined;
}

export function pluginNamed(name: string = flannel.name): NetworkPlugin {
  const found = NETWORK_PLUGINS.get(name);
  if (found === undefined) throw new TypeError(`unknown network plugin ${name}`);
  return found;
}
