/**
 * Services as kube-router's service proxy understands them: its annotations, and addresses that it does not serve
 * (pkg/controllers/proxy/network_services_controller.go, buildServicesInfo; pkg/svcip/validator.go).
 */
import type { ServiceModel } from "../../../../kube/service/service.ts";
import { perObject } from "../../../../memo.ts";
import { holds } from "../../../kube-proxy/sloppy-address.ts";
import type { ClusterModel } from "../../../cluster.ts";
import type { KubeRouterModel, ServiceRanges } from "../model.ts";

/** After `kube-router.io/service.`. */
type Annotation = "dsr" | "hairpin" | "hairpin.externalips" | "local" | "schedflags" | "scheduler" | "skiplbips";

export function annotation({ annotations }: Pick<ServiceModel, "annotations">, name: Annotation): string | undefined {
  return annotations[`kube-router.io/service.${name}`];
}

/** Its endpoints answer clients directly (direct server return). */
export function isDirect(service: Pick<ServiceModel, "annotations">): boolean {
  return annotation(service, "dsr") === "tunnel";
}

/** Another proxy's, or headless by label. */
function isOthers({ labels }: ServiceModel): boolean {
  const name = labels["service.kubernetes.io/service-proxy-name"];
  return (name !== undefined && name !== "kube-router") || labels["service.kubernetes.io/headless"] !== undefined;
}

/** Without addresses that are outside of their ranges, and with the policies of `service.local`. */
export function withinRanges(
  service: ServiceModel,
  { strict, externalIPs, loadBalancerIPs }: ServiceRanges,
): ServiceModel {
  const isIn = (ranges: readonly string[], ip: string): boolean => !strict || ranges.some((range) => holds(range, ip));
  return {
    ...service,
    ...(annotation(service, "local") === "true"
      ? ({ internalTrafficPolicy: "Cluster", externalTrafficPolicy: "Local" } as const)
      : {}),
    externalIPs: service.externalIPs.filter((ip) => isIn(externalIPs, ip)),
    loadBalancerIPs:
      annotation(service, "skiplbips") === undefined
        ? service.loadBalancerIPs.filter(({ ip }) => isIn(loadBalancerIPs, ip))
        : [],
  };
}

export const routerServices = perObject(
  ({ cni: { proxy, serviceRanges }, services }: Pick<ClusterModel<KubeRouterModel>, "cni" | "services">) =>
    services
      .filter((one) => !isOthers(one))
      .map((one): ServiceModel => ({
        ...withinRanges(one, serviceRanges),
        annotations: {
          ...one.annotations,
          ...(proxy?.hairpin === true ? { "kube-router.io/service.hairpin": "" } : {}),
        },
        // It knows no such thing.
        loadBalancerSourceRanges: [],
      })),
);

/** What no field of the Service says, as upstream takes it: an unknown word means the default. */
const SCHEDULERS: ReadonlySet<string> = new Set(["rr", "lc", "dh", "sh", "mh"]);
/** As ipvsadm names them for mh; others have no flags here. */
const FLAGS = { "flag-1": "mh-fallback", "flag-2": "mh-port", "flag-3": "flag-3" } as const;

export function schedulerOf(service: ServiceModel): { readonly scheduler: string; readonly flags?: string } {
  const asked = annotation(service, "scheduler") ?? "rr";
  const scheduler = SCHEDULERS.has(asked) ? asked : "rr";
  const words = new Set((annotation(service, "schedflags") ?? "").split(",").map((word) => word.trim()));
  const flags = Object.entries(FLAGS).flatMap(([word, name]) => (words.has(word) ? [name] : []));
  return { scheduler, ...(scheduler === "mh" && flags.length > 0 ? { flags: flags.join(",") } : {}) };
}

/** A word of an annotation that means nothing, or not what it seems to; undefined: all is well. */
export function strangeAnnotation(service: ServiceModel): readonly [message: string, hint: string] | undefined {
  const { scheduler, dsr } = { scheduler: annotation(service, "scheduler"), dsr: annotation(service, "dsr") };
  if (scheduler !== undefined && !SCHEDULERS.has(scheduler))
    return [
      `kube-router.io/service.scheduler: ${scheduler} is unknown, so rr it is`,
      `it knows ${[...SCHEDULERS].join(", ")}`,
    ];
  if (dsr !== undefined && dsr !== "tunnel")
    return [`kube-router.io/service.dsr: ${dsr} has no effect`, "the only way of direct server return is tunnel"];
  const moved = service.ports.find(({ port, targetPort }) => typeof targetPort === "number" && targetPort !== port);
  if (dsr !== undefined && moved !== undefined)
    return [
      `kube-router.io/service.dsr: port ${moved.port} arrives at pods as ${moved.port}, not as targetPort ${moved.targetPort}`,
      "direct server return translates no ports: give both the same number",
    ];
  return undefined;
}
