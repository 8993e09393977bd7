/** Variables of containers about Services, as the kubelet sets them (pkg/kubelet/envvars, kubelet_pods.go: getServiceEnvVarMap). */
import type { ContainerModel, PodModel } from "../pod/pod-model.ts";
import type { ServiceModel } from "./service.ts";

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** Docker's links and Kubernetes' own style, for one Service. */
function variablesOf(service: ServiceModel, address: string): readonly (readonly [string, string])[] {
  const prefix = variableName(service.name);
  const [first] = service.ports;
  if (first === undefined) return [];
  const host = address.includes(":") ? `[${address}]` : address;
  const url = (port: ServiceModel["ports"][number]): string => `${port.protocol.toLowerCase()}://${host}:${port.port}`;
  return [
    [`${prefix}_SERVICE_HOST`, address],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...service.ports.flatMap((port): (readonly [string, string])[] =>
      port.name === "" ? [] : [[`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)]],
    ),
    [`${prefix}_PORT`, url(first)],
    ...service.ports.flatMap((port): (readonly [string, string])[] => {
      const own = `${prefix}_PORT_${port.port}_${port.protocol}`;
      return [
        [own, url(port)],
        [`${own}_PROTO`, port.protocol.toLowerCase()],
        [`${own}_PORT`, String(port.port)],
        [`${own}_ADDR`, address],
      ];
    }),
  ];
}

/**
 * What a pod's containers get: Services with a cluster IP of their own namespace, and default/kubernetes always.
 * A Service of the namespace wins over the default one of that name. `links`: enableServiceLinks.
 */
function serviceEnv(
  services: readonly ServiceModel[],
  namespace: string,
  links: boolean,
): Readonly<Record<string, string>> {
  const chosen = new Map<string, ServiceModel>();
  for (const service of services) {
    if (service.namespace === "default" && service.name === "kubernetes") chosen.set(service.name, service);
  }
  if (links)
    for (const service of services)
      if (service.namespace === namespace && service.clusterIPs.length > 0) chosen.set(service.name, service);
  return Object.fromEntries(
    [...chosen.values()].flatMap((service) =>
      service.clusterIPs[0] === undefined ? [] : variablesOf(service, service.clusterIPs[0]),
    ),
  );
}

const known = new WeakMap<readonly ServiceModel[], Map<string, Readonly<Record<string, string>>>>();

/** serviceEnv() of a namespace, made once: a thousand Services are seven thousand variables. */
export function namespaceEnv(
  services: readonly ServiceModel[],
  namespace: string,
  links: boolean,
): Readonly<Record<string, string>> {
  let found = known.get(services);
  if (found === undefined) known.set(services, (found = new Map()));
  const key = `${namespace} ${links}`;
  let env = found.get(key);
  if (env === undefined) found.set(key, (env = serviceEnv(services, namespace, links)));
  return env;
}

/** All variables of a container: those of Services, of ConfigMaps and Secrets, and its own, which win. */
export function containerEnv(
  services: readonly ServiceModel[],
  pod: Pick<PodModel, "namespace" | "serviceLinks">,
  container: Pick<ContainerModel, "env" | "startEnv">,
): Readonly<Record<string, string>> {
  return { ...namespaceEnv(services, pod.namespace, pod.serviceLinks), ...container.startEnv, ...container.env };
}
