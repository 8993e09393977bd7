/** The Service that commands about Services take where none is named. */
import type { ClusterModel } from "../cluster/cluster.ts";
import { slicesOf } from "../report/service-summary.ts";
import { serviceText } from "../targets/service-target.ts";

/** `svc/web:80`: the first of the lab's own with ready endpoints over TCP. */
export function firstService(cluster: ClusterModel): string | undefined {
  const found = cluster.services.find(
    (service) =>
      service.namespace !== "kube-system" &&
      service.name !== "kubernetes" &&
      !service.headless &&
      service.ports.some((port) => port.protocol === "TCP") &&
      slicesOf(cluster, service).some((slice) => slice.endpoints.some((endpoint) => endpoint.ready)),
  );
  const port = found?.ports.find((one) => one.protocol === "TCP");
  return found === undefined || port === undefined ? undefined : `${serviceText(found)}:${port.port}`;
}
