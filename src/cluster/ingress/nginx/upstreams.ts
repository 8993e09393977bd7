/** Upstreams of ingress-nginx: one per Service port that Ingresses name, configured by the first that names it (createUpstreams). */
import type { Cause } from "../../../cause.ts";
import type { IngressBackendModel } from "../../../kube/ingress/ingress.ts";
import type { ServiceModel } from "../../../kube/service/service.ts";
import type { Endpoint } from "../../../routing/model.ts";
import type { IngressWarning, IngressWorld } from "../controller.ts";
import { readyEndpoints, serviceNamed } from "../service-backend.ts";
import type { NginxIngress } from "./read-ingress.ts";
import type { NginxSettings } from "./settings.ts";

export interface Upstream {
  /** `default/web:80`. */
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  readonly port: number | string;
  /** The Ingress that it is configured by; a canary's serves no location of its own. */
  readonly owner: NginxIngress;
  readonly endpoints: readonly Endpoint[];
  readonly cause: Cause;
  /** Canaries that share its requests. */
  readonly alternatives: Upstream[];
  /** The Ingress whose cookie clients get. */
  affinity?: NginxIngress | undefined;
}

export const isCanary = ({ values }: NginxIngress): boolean => values.canary === true;

/** The Service's port by number, target or name, in this order of its own list (serviceEndpoints). */
function portOf(service: ServiceModel, port: number | string): ServiceModel["ports"][number] | undefined {
  const wanted = String(port);
  return service.ports.find(
    (one) => String(one.port) === wanted || String(one.targetPort) === wanted || one.name === wanted,
  );
}

function clusterEndpoint(service: ServiceModel, port: number | string): readonly Endpoint[] | undefined {
  const [address] = service.clusterIPs;
  const number = typeof port === "number" ? port : service.ports.find((one) => one.name === port)?.port;
  return address === undefined || number === undefined ? undefined : [{ address, port: number }];
}

/** Empty where there is nothing to send to; `why` for a Service or port that does not exist. */
export function endpointsOf(
  { services, slices }: Pick<IngressWorld, "services" | "slices">,
  { namespace, service: name, port }: Pick<Upstream, "namespace" | "service" | "port">,
  throughService: boolean,
): { readonly endpoints: readonly Endpoint[]; readonly why?: string | undefined } {
  const service = serviceNamed(services, namespace, name);
  if (service === undefined) return { endpoints: [], why: `there is no Service ${namespace}/${name}` };
  const own = throughService ? clusterEndpoint(service, port) : undefined;
  if (own !== undefined) return { endpoints: own };
  const found = portOf(service, port);
  if (service.type === "ExternalName") {
    const number = found?.port ?? Number(port);
    const target = found?.targetPort;
    const to = typeof target === "number" && target !== 0 ? target : number;
    const address = (service.externalName ?? "").replace(/\.$/, "");
    return Number.isInteger(to) ? { endpoints: [{ address, port: to }] } : { endpoints: [] };
  }
  if (found === undefined) return { endpoints: [], why: `Service ${namespace}/${name} has no port ${port}` };
  return { endpoints: readyEndpoints(service, found, slices) };
}

export function upstreamId(namespace: string, backend: IngressBackendModel | undefined): string | undefined {
  if (backend === undefined || !("service" in backend)) return undefined;
  return `${namespace}/${backend.service}:${backend.port}`;
}

/** By id, in the order in which Ingresses name them. */
export function makeUpstreams(
  ingresses: readonly NginxIngress[],
  world: IngressWorld,
  settings: NginxSettings,
  warnings: IngressWarning[],
): Map<string, Upstream> {
  const found = new Map<string, Upstream>();
  for (const owner of ingresses) {
    const { defaultBackend, rules, namespace } = owner.ingress;
    const backends = [defaultBackend, ...rules.flatMap(({ paths }) => (paths ?? []).map(({ backend }) => backend))];
    for (const backend of backends) {
      const id = upstreamId(namespace, backend);
      if (backend !== undefined && !("service" in backend))
        warnings.push({
          message: `${backend.resource}: ingress-nginx knows Services as backends only`,
          cause: backend.cause,
        });
      if (id === undefined || found.has(id) || backend === undefined || !("service" in backend)) continue;
      const { service, port, cause } = backend;
      const place = { namespace, service, port };
      const throughService = owner.values["service-upstream"] ?? settings.serviceUpstream;
      const { endpoints, why } = endpointsOf(world, place, throughService);
      if (why !== undefined) warnings.push({ message: `${why}: requests are answered with 503`, cause });
      found.set(id, { id, ...place, owner, endpoints, cause, alternatives: [] });
    }
  }
  return found;
}
