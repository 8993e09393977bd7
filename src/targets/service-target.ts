/** Which Service `svc/web`, `svc/NAMESPACE/web` or `NAMESPACE/svc/web` means, and which of its ports `svc/web:http`. */
import type { Family } from "../net/family.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { findInClusters, type TargetProblem } from "./in-clusters.ts";
import type { ServiceModel } from "../kube/service/service.ts";
import { DEFAULT_CLUSTER, objectText, type ObjectRef } from "../net/object-ref.ts";

const WORDS = /^(?:svc|service|services)\/(.+)$/;
const WITHIN = /^([^/]+)\/(?:svc|service|services)\/([^/]+)$/;

/** NAME or NAMESPACE/NAME of what the text calls a Service; undefined: it names none. */
export function namedService(text: string): string | undefined {
  const within = WITHIN.exec(text);
  return WORDS.exec(text)?.[1] ?? (within === null ? undefined : `${within[1]}/${within[2]}`);
}

/** With the name of its cluster or without. */
export function isServiceText(text: string): boolean {
  return namedService(text.replace(/^[a-z0-9-]+\.(?=svc\/|services?\/|[^/]+\/(?:svc|services?)\/)/, "")) !== undefined;
}

/** `svc/NAME` in the namespace default, `svc/NAMESPACE/NAME` elsewhere. */
export function serviceText(service: ObjectRef): string {
  return objectText("svc", service);
}

/** The Service that the text names, or what is wrong. */
export function findService(
  text: string,
  { clusters }: { readonly clusters: readonly ClusterServices[] },
): ServiceModel | TargetProblem {
  return findInClusters(text, clusters, (cluster, own) =>
    serviceIn(own, clusters.find(({ name }) => name === (cluster ?? DEFAULT_CLUSTER))?.services ?? [], clusters),
  );
}

interface ClusterServices {
  readonly name: string;
  readonly services: readonly ServiceModel[];
}

function serviceIn(
  text: string,
  services: readonly ServiceModel[],
  clusters: readonly ClusterServices[],
): ServiceModel | TargetProblem {
  const named = namedService(text) ?? text;
  const parts = named.split("/");
  const [namespace, name] = parts.length === 1 ? ["default", parts[0]] : parts;
  const found =
    parts.length > 2 ? undefined : services.find((service) => service.namespace === namespace && service.name === name);
  if (found !== undefined) return found;
  const texts = clusters.flatMap((cluster) => cluster.services.map(serviceText));
  const none = "the lab has no Services: add a manifest of kind Service";
  return { message: `there is no Service "${named}"`, hint: didYouMean(text, texts, "there are", 20) ?? none };
}

/** Its cluster IPs; a Service without any cannot be addressed. */
export function serviceAddresses(service: ServiceModel): Readonly<Partial<Record<Family, string>>> | TargetProblem {
  if (service.type === "ExternalName") {
    return {
      message: `${serviceText(service)} is an ExternalName: it has no address`,
      hint: `use its DNS name: ${service.name}.${service.namespace}.svc`,
    };
  }
  if (service.headless) {
    return {
      message: `${serviceText(service)} is headless: it has no address`,
      hint: `use its DNS name: ${service.name}.${service.namespace}.svc`,
    };
  }
  return Object.fromEntries(
    service.ipFamilies
      .map((family, i) => [family, service.clusterIPs[i]])
      .filter(([, address]) => address !== undefined),
  );
}

/** The number of a port given by number or name. Numbers that the Service does not have are accepted: what happens there is worth a check. */
export function servicePort(service: ServiceModel, text: string): number | TargetProblem {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= 65_535) return number;
  const found = service.ports.find((port) => port.name === text)?.port;
  const names = service.ports.flatMap((port) => (port.name === "" ? [] : [port.name]));
  return (
    found ?? {
      message: `${serviceText(service)} has no port "${text}"`,
      hint: `ports: ${[...names, ...service.ports.map((port) => port.port)].join(", ")}`,
    }
  );
}
