/** The addresses of Services in manifests, independent of this cluster's ranges: from `kubectl get services -o yaml`, or requested. */
import { formatAddress, parseAddress } from "../net/address.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { isObject, nameOf, namespaceOf, type ObjectValue } from "../kube/manifest-parts.ts";

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

const texts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [value]);

function addressesOf({ spec, status }: ObjectValue): readonly unknown[] {
  const own = isObject(spec) ? spec : {};
  const balancer = isObject(status) && isObject(status["loadBalancer"]) ? status["loadBalancer"]["ingress"] : undefined;
  return [
    ...["clusterIP", "clusterIPs", "externalIPs", "loadBalancerIP"].flatMap((key) => texts(own[key])),
    ...texts(balancer).map((one) => (isObject(one) ? one["ip"] : undefined)),
  ];
}

/** The first of two Services that say the same has it. */
export function serviceAddresses(objects: readonly ManifestObject[]): ReadonlyMap<string, ServiceName> {
  const found = new Map<string, ServiceName>();
  for (const { kind, value } of objects) {
    if (kind !== "Service") continue;
    for (const text of addressesOf(value)) {
      const address = typeof text === "string" ? parseAddress(text) : undefined;
      if (address === undefined || found.has(formatAddress(address))) continue;
      found.set(formatAddress(address), { namespace: namespaceOf(value), name: nameOf(value) });
    }
  }
  return found;
}
