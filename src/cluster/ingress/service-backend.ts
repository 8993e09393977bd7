/** Where the requests for a Service port go: its ready endpoints, by the slices' own ports. */
import type { EndpointSliceModel, ServiceModel, ServicePort } from "../../kube/service/service.ts";
import type { Endpoint } from "../../routing/model.ts";

export function serviceNamed(
  services: readonly ServiceModel[],
  namespace: string,
  name: string,
): ServiceModel | undefined {
  return services.find((one) => one.namespace === namespace && one.name === name);
}

/** Ready endpoints of a port, each once. */
export function readyEndpoints(
  service: ServiceModel,
  port: Pick<ServicePort, "name" | "protocol">,
  slices: readonly EndpointSliceModel[],
): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.namespace !== service.namespace || slice.service !== service.name) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name !== port.name || protocol !== port.protocol) continue;
      for (const { ready, addresses, pod } of slice.endpoints) {
        const [address] = addresses;
        if (ready && address !== undefined) found.set(`${address} ${number}`, { address, port: number, pod });
      }
    }
  }
  return [...found.values()];
}
